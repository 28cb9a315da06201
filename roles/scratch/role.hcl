summary    = "Fast local disks of each node as one folder for temporary data"
doc        = "Unused local disks (instance storage, NVMe) are striped, formatted and mounted; a disk with any content is never touched. A node without such a disk gets a plain folder on its root disk, and says so. What the cloud wiped while a node was stopped is made anew by the next set-up."
platforms  = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]
repeatable = true

param "path" {
  type        = string
  default     = "/scratch"
  description = "Where it is."
}

param "disks" {
  type        = list(string)
  default     = ["auto"]
  description = "The disks: names such as \"nvme1n1\", or \"auto\" for all unused ones."
}

param "filesystem" {
  type        = string
  default     = "xfs"
  one_of      = ["xfs", "ext4"]
  description = "What they are formatted with."
}

param "stripe" {
  type        = bool
  default     = true
  description = "Put several disks together as one (RAID 0); without it the first is used."
}

param "mount_options" {
  type        = list(string)
  default     = ["noatime"]
  description = "Options of the mount."
}

param "mode" {
  type        = string
  default     = "1777"
  description = "Permissions of the folder; 1777 lets everybody write, and only owners delete."
}

# It looks each time: the disks of a cloud come back empty from a stop.
step "disk" {
  phase  = "configure"
  run    = "disk.sh"
  always = true
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
