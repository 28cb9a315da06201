variable "x" {
  default = 1
}
variable "x" {
  default = 2
}
locals {
  y = 1
}
locals {
  y = 2
}
provider "test" {
}
provider "test" {
}
cluster "a" {
}

cluster "a" {
}
