summary = "needs a device, and a role"
requires  = ["munge"]
conflicts = ["nofuse"]
needs { devices = ["/dev/fuse"] }
param "mode" {
  type    = string
  default = "ro"
  one_of  = ["ro", "rw"]
}
param "key" {
  type      = string
  sensitive = true
}
