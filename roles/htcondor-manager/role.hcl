summary   = "HTCondor's central manager and submit tools, on the frontend"
doc       = "The collector knows the nodes, the negotiator gives jobs to them, and the schedd keeps the queue. A node that comes or goes changes no file here and restarts nothing."
platforms = ["debian-13"]
requires  = ["htcondor-pool"]

param "default_memory" {
  type        = number
  default     = 512
  description = "Memory, in MB, of a job that asks for none."
}

param "accounting" {
  type        = bool
  default     = false
  description = "Keep the record of every job (condor_history) for the life of the cluster; without it the oldest go after about 60 MB."
}

param "groups" {
  type = list(object({
    name    = string
    quota   = number
    surplus = optional(bool, true)
  }))
  default     = []
  description = "Accounting groups with their share of the pool (0 to 1); with surplus a group may use what others leave."
}

param "concurrency" {
  type        = map(number)
  default     = {}
  description = "How many jobs may run at once that name this limit in concurrency_limits."
}

packages = { debian = ["condor", "procps"] }

file "/etc/condor/config.d/60-ecluster-manager.config" {
  template = "manager.config.tmpl"
  notify   = ["reload:condor.service"]
}

step "start" {
  phase   = "configure"
  run     = "start.sh"
  exports = ["htcondor.manager"]
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
