summary    = "nfs server"
repeatable = true
param "path" {
  type     = string
  required = true
}
param "threads" {
  type    = number
  default = 8
}
param "quota" {
  type = string
}
param "disks" {
  type = list(string)
}
