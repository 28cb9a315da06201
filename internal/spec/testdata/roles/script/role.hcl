summary    = "script"
repeatable = true
param "name" {
  type     = string
  required = true
}
param "script" {
  type     = string
  required = true
}
