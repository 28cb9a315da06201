summary = "client"
param "path" {
  type     = string
  required = true
}
param "server" {
  type     = string
  required = true
}
