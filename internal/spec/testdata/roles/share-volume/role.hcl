summary    = "volume"
repeatable = true
param "path" {
  type     = string
  required = true
}
param "volume" {
  type     = string
  required = true
}
