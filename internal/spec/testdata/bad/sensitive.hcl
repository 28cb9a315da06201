variable "token" {
  sensitive = true
  default   = "hunter2"
}
cluster "a" {
  provider = provider.test
  image    = "prefix-${var.token}"
  node_group "frontend" {
    count = 1
  }
  role "fuse" {
    key = var.token
  }
}
