summary = "An execute node"

param "manager" {
  type     = string
  required = true
}

param "group" {
  type     = string
  required = true
}

param "slots" {
  type = string
}
