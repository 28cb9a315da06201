summary = "The pool"

param "pool" {
  type     = string
  required = true
}

param "manager" {
  type     = string
  required = true
}

param "shared_home" {
  type = bool
}

param "config" {
  type = map(string)
}
