#--var nodes=several
#--var zones=[1,
variable "nodes" {
  type    = number
  default = 1
}

variable "zones" {
  type    = list(string)
  default = []
}

variable "memory" {
  type    = number
  default = "much"
}


cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count  = 1
    memory = var.memory
  }
  node_group "compute" {
    count        = var.nodes
    machine_type = var.zones[0]
  }
}
