summary = "local disks"
repeatable = true
param "path" {
  type    = string
  default = "/scratch"
}
param "disks" {
  type    = list(string)
  default = ["auto"]
}
param "filesystem" {
  type    = string
  default = "xfs"
}
param "stripe" {
  type    = bool
  default = true
}
param "mount_options" {
  type    = list(string)
  default = ["noatime"]
}
param "mode" {
  type    = string
  default = "1777"
}
