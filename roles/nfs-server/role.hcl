summary    = "One node serves a folder to the others over NFS 4.2"
doc        = "The kernel's NFS server, version 4.2 only, exports one folder to the private networks of the cluster and to nobody else. Nothing is done when a node joins or leaves."
platforms  = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]
repeatable = true

param "path" {
  type        = string
  required    = true
  description = "The folder; the other nodes mount it at the same place."
}

param "disks" {
  type        = list(string)
  default     = []
  description = "Local disks of the server for the data: names, or \"auto\" for all unused ones. Empty: a folder on the root disk."
}

param "filesystem" {
  type        = string
  default     = "ext4"
  one_of      = ["ext4", "xfs"]
  description = "What the disks are formatted with."
}

param "quota" {
  type        = string
  default     = ""
  description = "How much each user may store, as in \"10G\"; empty is without limit. It needs ext4, or disks of its own."
}

param "export_to" {
  type        = list(string)
  default     = []
  description = "Who may mount it: networks, addresses or names of hosts. Empty: the private networks of the server."
}

param "root_squash" {
  type        = bool
  default     = false
  description = "Treat root of the other nodes as nobody. Their set-up can make no home folders then."
}

param "threads" {
  type        = number
  default     = 16
  description = "Threads of the NFS server; several shares of one node have those of the last."
}

packages = {
  debian = ["nfs-kernel-server", "quota", "iproute2"]
  redhat = ["nfs-utils", "quota", "iproute"]
}

step "kernel" {
  phase = "configure"
  run   = "kernel.sh"
}

step "folder" {
  phase  = "configure"
  run    = "folder.sh"
  always = true
}

step "export" {
  phase   = "configure"
  run     = "export.sh"
  exports = ["nfs.server.{label}"]
}

# After the homes are made; new users come with a set-up.
step "quota" {
  phase  = "join"
  run    = "quota.sh"
  always = true
  when   = "quota"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
