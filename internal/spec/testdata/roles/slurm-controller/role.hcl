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
param "enforce" {
  type    = list(string)
  default = []
}
param "qos" {
  type    = list(object({ name = string, settings = map(string) }))
  default = []
}
param "accounts" {
  type    = list(object({ name = string, parent = string, users = list(string), settings = map(string) }))
  default = []
}
param "gpus" {
  type    = list(object({ group = string, type = string, files = string }))
  default = []
}
param "prolog" {
  type    = string
  default = ""
}
param "epilog" {
  type    = string
  default = ""
}
param "mail_program" {
  type    = string
  default = ""
}
param "rest" {
  type    = bool
  default = false
}
