#--var nodes=0
variable "nodes" {
  type    = number
  default = 1
  validation {
    condition     = var.nodes > 0
    error_message = "At least one node is needed"
  }
}

variable "token" {
  sensitive = true
  default   = "hunter2"
  validation {
    condition     = strlen(var.token) > 20
    error_message = "A token has more than 20 characters."
  }
}

cluster "a" {
  provider = provider.test
  image    = var.token
  node_group "frontend" {
    count = var.nodes
  }
}
