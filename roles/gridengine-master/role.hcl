summary   = "Grid Engine's qmaster, on the frontend"
doc       = "qmaster holds the hosts, queues and jobs, and writes the accounting file that qacct reads. Nodes are added to it by their own roles, attribute by attribute, so a node that comes or goes rewrites no object and restarts nothing. Each node group is a host group (@compute); queues are made of host groups."
platforms = ["debian-12", "debian-13", "ubuntu-24.04"]
requires  = ["gridengine-submit"]

param "groups" {
  type        = list(string)
  default     = []
  description = "The node groups that run jobs; each is a host group."
}

param "queues" {
  type = list(object({
    name     = string
    groups   = list(string)
    max_time = optional(string, "")
    slots    = optional(number, 0)
    config   = optional(map(string), {})
  }))
  default     = []
  description = "Queues over node groups. max_time is h_rt; slots is the most on one node, 0 means one for each CPU; config holds further attributes of qconf -sq."
}

param "parallel_environments" {
  type = list(object({
    name       = string
    slots      = optional(number, 9999)
    allocation = string
    config     = optional(map(string), {})
  }))
  default     = []
  description = "Parallel environments beside smp, mpi and mpi_rr, or in their place; config holds further attributes of qconf -sp."
}

param "default_memory" {
  type        = number
  default     = 0
  description = "Memory, in MB, that a job books for each slot when it asks for no h_vmem. With 0 no memory is booked: h_vmem then limits the jobs that ask for it."
}

param "config" {
  type        = map(string)
  default     = {}
  description = "Settings of the scheduler (qconf -ssconf) or of the cluster (qconf -sconf)."
}

packages = { debian = ["gridengine-master", "gridengine-client"] }

debconf = [
  "gridengine-common shared/gridengineconfig boolean false",
  "gridengine-master shared/gridengineconfig boolean false",
]

file "/etc/systemd/system/gridengine-master.service" {
  template = "gridengine-master.service.tmpl"
  notify   = ["restart:gridengine-master.service"]
}

# What objects.sh gives to qmaster.
file "/etc/ecluster/gridengine" {
  template = "gridengine.tmpl"
}

step "start" {
  phase = "configure"
  run   = "start.sh"
}

step "objects" {
  phase   = "configure"
  run     = "objects.sh"
  exports = ["gridengine.master"]
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
