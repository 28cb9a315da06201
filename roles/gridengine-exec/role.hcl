summary   = "A node that runs Grid Engine's jobs"
doc       = "The node enters itself into qmaster: as an execution host with its CPUs, memory and GPUs, and into the host group of its node group, by which it is in the group's queues. It changes single attributes only, so that many nodes can do so at the same time."
platforms = ["debian-12", "debian-13", "ubuntu-24.04"]
requires  = ["gridengine-submit"]

param "group" {
  type        = string
  required    = true
  description = "Node group; the node joins its host group, and the queues over it."
}

param "gpus" {
  type        = number
  default     = 0
  description = "GPUs of the node, for jobs that ask for them (qsub -l gpu=1)."
}

param "queues" {
  type        = list(string)
  default     = []
  description = "The queues of the group in which the node has a slot for each of its CPUs."
}

packages = { debian = ["gridengine-exec", "gridengine-client"] }

debconf = [
  "gridengine-common shared/gridengineconfig boolean false",
  "gridengine-exec shared/gridengineconfig boolean false",
]

file "/etc/systemd/system/gridengine-exec.service" {
  template = "gridengine-exec.service.tmpl"
}

step "join" {
  phase = "join"
  run   = "join.sh"
  wait  = ["gridengine.master", "node.admitted"]
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}

step "leave" {
  phase = "leave"
  run   = "leave.sh"
}
