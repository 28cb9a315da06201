summary  = "exec"
requires = ["gridengine-submit"]
param "group" {
  type     = string
  required = true
}
param "gpus" {
  type    = number
  default = 0
}
param "queues" {
  type    = list(string)
  default = []
}
