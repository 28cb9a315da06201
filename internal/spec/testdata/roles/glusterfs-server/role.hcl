summary    = "several servers"
repeatable = true
param "path" {
  type     = string
  required = true
}
param "servers" {
  type     = list(string)
  required = true
}
param "replica" {
  type = number
}
param "disperse" {
  type = number
}
param "disks" {
  type = list(string)
}
