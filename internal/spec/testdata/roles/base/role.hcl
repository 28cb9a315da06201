summary = "everywhere"
param "timezone" {
  type    = string
  default = ""
}
