summary    = "A volume of the provider's, mounted at the same place on every node"
doc        = "The provider mounts the volume when it makes the node; this role checks that it did, and that the volume may be used."
platforms  = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]
repeatable = true

param "path" {
  type        = string
  required    = true
  description = "Where the volume is mounted."
}

param "volume" {
  type        = string
  required    = true
  description = "Name of the volume within the cluster."
}

step "check" {
  phase = "configure"
  run   = "check.sh"
}

step "verify" {
  phase = "verify"
  run   = "check.sh"
}
