summary = "submit"
param "default_queue" {
  type    = string
  default = ""
}
