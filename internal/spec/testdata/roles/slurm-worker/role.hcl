summary  = "worker"
requires = ["munge"]
param "controller" {
  type     = string
  required = true
}
param "group" {
  type     = string
  required = true
}
param "gres" {
  type    = string
  default = ""
}
param "gpus" {
  type    = number
  default = 0
}
