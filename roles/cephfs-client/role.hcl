summary   = "Mounts the Ceph file system"
doc       = "The kernel's own client where the kernel has one, else ceph-fuse. A client knows one key, which opens this file system and nothing else of Ceph."
platforms = ["debian-13"]

param "path" {
  type        = string
  required    = true
  description = "Where the file system is mounted."
}

param "servers" {
  type        = list(string)
  required    = true
  description = "The nodes that serve, in an order that stays."
}

param "client" {
  type        = string
  default     = "auto"
  one_of      = ["auto", "kernel", "fuse"]
  description = "The kernel's client, or ceph-fuse; auto takes the kernel's where there is one."
}

needs { devices = ["/dev/fuse"] }

packages = { debian = ["ceph-common", "ceph-fuse"] }

secret "cephfs_client_key" { bytes = 16 }

file "/etc/ceph/ecluster-client/names" {
  template = "names.tmpl"
}

file "/usr/local/lib/ecluster/cephfs-find" {
  template = "find.sh"
  mode     = "0755"
}

step "check" {
  phase = "configure"
  run   = "check.sh"
}

step "mount" {
  phase = "configure"
  run   = "mount.sh"
  wait  = ["cephfs.server"]
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}

step "leave" {
  phase = "leave"
  run   = "leave.sh"
}
