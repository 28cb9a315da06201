summary   = "Grid Engine's commands, on a node from which jobs are submitted"
doc       = "qsub, qstat, qrsh and the rest, with the frontend as their master. The frontend admits the node by its name, so the names of the nodes must resolve both ways: a scheduler block of Grid Engine puts the name service on the frontend for that."
platforms = ["debian-12", "debian-13", "ubuntu-24.04"]
requires  = ["base"]

param "default_queue" {
  type        = string
  default     = ""
  description = "The queue of jobs that name none; empty lets them into every queue."
}

packages = { debian = ["gridengine-client"] }

# The packages' own way of setting up a cell knows the host name of the machine
# on which it runs, which must not be frozen into an image.
debconf = ["gridengine-common shared/gridengineconfig boolean false"]

file "/var/lib/gridengine/default/common/bootstrap" {
  template = "bootstrap.tmpl"
}

file "/var/lib/gridengine/default/common/sge_request" {
  template = "sge_request.tmpl"
}

step "master" {
  phase = "configure"
  run   = "master.sh"
}

step "join" {
  phase = "join"
  run   = "join.sh"
  wait  = ["gridengine.master", "node.admitted"]
}
