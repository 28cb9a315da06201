summary   = "A node that runs HTCondor jobs"
doc       = "The startd announces the node's CPUs, memory and GPUs as one slot that is divided as jobs ask for it. Nothing on the frontend names the node."
platforms = ["debian-13"]
requires  = ["htcondor-pool"]

param "manager" {
  type        = string
  required    = true
  description = "Host name of the central manager."
}

param "group" {
  type        = string
  required    = true
  description = "Node group; jobs can ask for it: requirements = (EclusterGroup == \"gpu\")."
}

param "slots" {
  type        = string
  default     = "partitionable"
  one_of      = ["partitionable", "static"]
  description = "One slot that jobs divide as they need, or one for each CPU."
}

packages = { debian = ["condor"] }

# What conf.sh makes the configuration from: it adds what it finds out about
# the node.
file "/etc/ecluster/htcondor-execute.config" {
  template = "execute.config.tmpl"
}

# In the join phase, when drivers of GPUs are there.
step "conf" {
  phase = "join"
  run   = "conf.sh"
}

step "join" {
  phase = "join"
  run   = "join.sh"
  wait  = ["htcondor.manager", "node.admitted"]
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}

step "leave" {
  phase = "leave"
  run   = "leave.sh"
}
