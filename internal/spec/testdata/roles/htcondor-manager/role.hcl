summary = "The manager"

param "default_memory" {
  type = number
}

param "accounting" {
  type = bool
}

param "groups" {
  type = list(object({
    name    = string
    quota   = number
    surplus = optional(bool, true)
  }))
}

param "concurrency" {
  type = map(number)
}
