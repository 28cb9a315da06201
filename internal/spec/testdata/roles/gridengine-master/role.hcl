summary  = "master"
requires = ["gridengine-submit"]
param "groups" {
  type    = list(string)
  default = []
}
param "queues" {
  type    = list(object({ name = string, groups = list(string), max_time = string, slots = number, config = map(string) }))
  default = []
}
param "parallel_environments" {
  type    = list(object({ name = string, slots = number, allocation = string, config = map(string) }))
  default = []
}
param "default_memory" {
  type    = number
  default = 0
}
param "config" {
  type    = map(string)
  default = {}
}
