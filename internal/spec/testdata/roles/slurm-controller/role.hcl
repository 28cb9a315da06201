summary  = "controller"
requires = ["munge"]
param "cluster_name" {
  type     = string
  required = true
}
param "groups" {
  type    = list(string)
  default = []
}
param "partitions" {
  type    = list(object({ name = string, groups = list(string), default = bool, max_time = string, default_time = string, def_mem_per_cpu = number, config = map(string) }))
  default = []
}
param "accounting" {
  type    = bool
  default = false
}
param "config" {
  type    = map(string)
  default = {}
}
param "max_nodes" {
  type    = number
  default = 0
}
