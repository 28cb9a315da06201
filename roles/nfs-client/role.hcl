summary    = "A folder of another node, or a managed file system, mounted over NFS"
doc        = "NFS 4.2 with hard mounts: when the server is away, programs wait for it and go on when it is back. A managed file system of a cloud (EFS, Filestore, Azure Files) is mounted from its address."
platforms  = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]
repeatable = true

param "path" {
  type        = string
  required    = true
  description = "Where it is mounted; on the server it is the same folder."
}

param "server" {
  type        = string
  default     = ""
  description = "Node name of the server."
}

param "address" {
  type        = string
  default     = ""
  description = "A file system that no node of the cluster serves, \"host:/export\"; there is no server then."
}

param "mount_options" {
  type        = list(string)
  default     = []
  description = "Further options of the mount, such as \"noatime\" or \"nconnect=4\"."
}

packages = {
  debian = ["nfs-common"]
  redhat = ["nfs-utils"]
}

step "kernel" {
  phase = "configure"
  run   = "kernel.sh"
}

step "mount" {
  phase  = "configure"
  run    = "mount.sh"
  wait   = ["nfs.server.{label}"]
  always = true
  when   = "server"
}

step "mount-managed" {
  phase  = "configure"
  run    = "mount.sh"
  always = true
  when   = "address"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}

step "leave" {
  phase = "leave"
  run   = "leave.sh"
}
