provider "remote" {
  zone  = 5
  token = "hunter2"
  alias = "west"
}

cluster "a" {
  provider = provider.west
  node_group "frontend" {
    count = 1
  }
}

cluster "b" {
  provider = provider.remote
  node_group "frontend" {
    count = 1
  }
}
