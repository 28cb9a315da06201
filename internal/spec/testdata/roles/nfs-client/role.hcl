summary    = "nfs client"
repeatable = true
param "path" {
  type     = string
  required = true
}
param "server" {
  type = string
}
param "address" {
  type = string
}
param "options" {
  type = list(string)
}
