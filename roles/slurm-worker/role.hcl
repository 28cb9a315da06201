summary   = "A node that runs SLURM jobs"
doc       = "slurmd announces the node to the controller with its real CPUs and memory and the feature g_<group>, and fetches its configuration from there; nothing on the frontend names the node."
platforms = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]
requires  = ["munge"]

param "controller" {
  type        = string
  required    = true
  description = "Host name of the controller."
}

param "group" {
  type        = string
  required    = true
  description = "Node group; the node joins the partitions over it."
}

param "gres" {
  type        = string
  default     = ""
  description = "Generic resources of the node as SLURM writes them, \"gpu:tesla:2\"."
}

param "gpus" {
  type        = number
  default     = 0
  description = "GPUs that the node must have, as device files /dev/nvidia0 and up."
}

packages = {
  debian = ["slurmd", "slurm-client"]
  redhat = ["epel:slurm-slurmd", "epel:slurm"]
}

file "/etc/systemd/system/slurmd.service.d/ecluster.conf" {
  template = "slurmd.service.tmpl"
}

step "conf" {
  phase = "configure"
  run   = "conf.sh"
}

step "join" {
  phase = "join"
  run   = "join.sh"
  wait  = ["slurm.controller"]
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}

step "leave" {
  phase = "leave"
  run   = "leave.sh"
}
