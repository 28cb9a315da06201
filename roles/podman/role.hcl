summary   = "Containers without a daemon and without root (Podman)"
doc       = "Every user runs containers as themselves, in jobs too. Images and containers lie on a local disk of the node, because the file systems of networks don't carry them; what a container needs on all nodes is pulled, or loaded from a file in the home, on each."
platforms = ["debian-13", "ubuntu-24.04"]

param "storage" {
  type        = string
  default     = "/var/tmp/containers"
  description = "Folder on a local disk for the images and containers of the users, such as one on scratch; not in a shared home."
}

param "registries" {
  type        = list(string)
  default     = ["docker.io"]
  description = "Where an image without the name of a registry is looked for, in this order."
}

packages = { debian = ["podman", "crun", "uidmap", "netavark", "aardvark-dns", "passt", "slirp4netns", "catatonit", "fuse-overlayfs"] }

file "/etc/containers/registries.conf.d/50-ecluster.conf" {
  template = "registries.conf.tmpl"
}

# In the join phase, because the storage may be on a file system that the
# configure phase mounts. Always: accounts come.
step "users" {
  phase  = "join"
  run    = "users.sh"
  always = true
}

step "conf" {
  phase = "join"
  run   = "conf.sh"
}

step "prove" {
  phase = "join"
  run   = "prove.sh"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
