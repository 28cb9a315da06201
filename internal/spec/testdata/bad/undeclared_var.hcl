#--var nods=4
#--var broken
variable "nodes" {
  default = 1
}

cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
}
