summary    = "nfs client"
repeatable = true
param "path" {
  type     = string
  required = true
}
param "server" {
  type     = string
  required = true
}
