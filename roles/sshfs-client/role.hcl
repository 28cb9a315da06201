summary    = "A folder of another node, mounted over SSH"
doc        = "Slower than the others and without locks between nodes, but it needs nothing of the kernel but FUSE. The host key of the server is known beforehand; a broken connection is made again."
platforms  = ["debian-12", "debian-13", "ubuntu-24.04"]
repeatable = true

needs { devices = ["/dev/fuse"] }

param "path" {
  type        = string
  required    = true
  description = "Where it is mounted; on the server it is the same folder."
}

param "server" {
  type        = string
  required    = true
  description = "Node name of the server."
}

param "mount_options" {
  type        = list(string)
  default     = []
  description = "Further options of the mount, such as \"max_conns=4\"."
}

secret "sshfs_key" { form = "ssh" }

packages = { debian = ["sshfs", "bindfs", "fuse3", "openssh-client"] }

step "mount" {
  phase  = "configure"
  run    = "mount.sh"
  wait   = ["sshfs.server.{label}"]
  always = true
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}

step "leave" {
  phase = "leave"
  run   = "leave.sh"
}
