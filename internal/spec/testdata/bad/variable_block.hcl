variable "odd" {
  type = strin
}

variable "bad name" {
}

variable "incomplete" {
  sensitive = "perhaps"
  validation {
    condition = true
  }
}
