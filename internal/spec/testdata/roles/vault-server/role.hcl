summary = "keeps its data"
param "path" {
  type     = string
  required = true
}
param "keep" {
  type    = bool
  default = false
}
