summary    = "A GlusterFS volume, mounted"
doc        = "The volume is mounted in user space (FUSE). The client learns the layout from one server and then talks to all of them: when one dies, files that have copies elsewhere stay there for reading and writing."
platforms  = ["debian-12", "debian-13", "ubuntu-24.04"]
repeatable = true

needs { devices = ["/dev/fuse"] }

param "path" {
  type        = string
  required    = true
  description = "Where the volume is mounted."
}

param "servers" {
  type        = list(string)
  default     = []
  description = "Node names of the servers; the first that answers tells the layout."
}


param "mount_options" {
  type        = list(string)
  default     = []
  description = "Further options of the mount, such as \"log-level=DEBUG\"."
}

packages = { debian = ["glusterfs-client", "fuse3"] }

step "mount" {
  phase  = "configure"
  run    = "mount.sh"
  wait   = ["glusterfs.server.{label}"]
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
