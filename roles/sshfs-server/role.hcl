summary    = "One node serves a folder to the others over SSH"
doc        = "No new service: the node's own sshd lets root of the other nodes in for file transfer only, with a key that the cluster has made for it, and only from the cluster's private networks."
platforms  = ["debian-12", "debian-13", "ubuntu-24.04"]
repeatable = true

param "path" {
  type        = string
  required    = true
  description = "The folder; the other nodes mount it at the same place."
}

secret "sshfs_key" { form = "ssh" }

step "serve" {
  phase   = "configure"
  run     = "serve.sh"
  exports = ["sshfs.server.{label}"]
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
