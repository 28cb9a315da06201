summary   = "SLURM's controller and submit tools, on the frontend"
doc       = "Workers fetch their configuration from here (configless) and register by themselves (dynamic nodes), so a node that comes or goes changes no file and restarts nothing. Each group of workers is a NodeSet, picked by the feature that its nodes carry, and has a partition of its name unless a declared partition contains it."
platforms = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]
requires  = ["munge"]

param "cluster_name" {
  type        = string
  required    = true
  description = "ClusterName of slurm.conf."
}

param "groups" {
  type        = list(string)
  default     = []
  description = "The node groups that run jobs."
}

param "partitions" {
  type = list(object({
    name            = string
    groups          = optional(list(string), [])
    default         = optional(bool, false)
    max_time        = optional(string, "")
    default_time    = optional(string, "")
    def_mem_per_cpu = optional(number, 0)
    config          = optional(map(string), {})
  }))
  default     = []
  description = "Partitions over groups; def_mem_per_cpu is in MB, 0 means 512, and config holds further keys of slurm.conf's PartitionName line."
}

param "accounting" {
  type        = bool
  default     = false
  description = "Record jobs through slurmdbd (role slurm-accounting on the same node)."
}

param "enforce" {
  type        = list(string)
  default     = []
  description = "AccountingStorageEnforce: what of the accounting must hold before a job may start, such as [\"limits\", \"qos\"]."
}

param "qos" {
  type = list(object({
    name     = string
    settings = optional(map(string), {})
  }))
  default     = []
  description = "Qualities of service; settings are those of \"sacctmgr modify qos\"."
}

param "accounts" {
  type = list(object({
    name     = string
    parent   = optional(string, "root")
    users    = optional(list(string), [])
    settings = optional(map(string), {})
  }))
  default     = []
  description = "Accounts, parents first, with their users; settings are those of \"sacctmgr modify account\"."
}

param "gpus" {
  type = list(object({
    group = string
    type  = string
    files = string
  }))
  default     = []
  description = "Groups whose nodes have GPUs, and their device files, \"/dev/nvidia[0-1]\"."
}

param "prolog" {
  type        = string
  default     = ""
  description = "Text of a script that runs as root on each node before a job starts there; a failure drains the node."
}

param "epilog" {
  type        = string
  default     = ""
  description = "Text of a script that runs as root on each node after a job has ended there; a failure drains the node."
}

param "mail_program" {
  type        = string
  default     = ""
  description = "Program on the frontend that sends the mail of --mail-type; empty sends none."
}

param "rest" {
  type        = bool
  default     = false
  description = "Accept tokens (JWT) signed with the key of the role slurm-rest, which must be on the same node."
}

param "config" {
  type        = map(string)
  default     = {}
  description = "Lines for slurm.conf; a key given here replaces ours."
}

param "max_nodes" {
  type        = number
  default     = 0
  description = "The most nodes that the cluster will ever have, rounded up to a power of two of at least 1024; crossing one restarts slurmctld."
}

packages = {
  debian = ["slurmctld", "slurm-client"]
  redhat = ["epel:slurm-slurmctld", "epel:slurm"]
}

# What conf.sh makes slurm.conf from: it adds what it finds out about the node.
file "/etc/slurm/ecluster/slurm.conf" {
  template = "slurm.conf.tmpl"
}

file "/etc/slurm/ecluster/gres.conf" {
  template = "gres.conf.tmpl"
}

# What policies.sh tells sacctmgr.
file "/etc/slurm/ecluster/policies" {
  template = "policies.tmpl"
}

step "conf" {
  phase   = "configure"
  run     = "conf.sh"
  exports = ["slurm.cgroup"]
}

step "account" {
  phase = "configure"
  run   = "account.sh"
}

step "start" {
  phase   = "configure"
  run     = "start.sh"
  exports = ["slurm.controller"]
}

step "policies" {
  phase = "configure"
  run   = "policies.sh"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
