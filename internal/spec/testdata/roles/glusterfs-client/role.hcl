summary    = "client of several servers"
repeatable = true
param "path" {
  type     = string
  required = true
}
param "servers" {
  type     = list(string)
  required = true
}
param "options" {
  type = list(string)
}
