summary    = "An Ansible playbook of the user's own, run from the frontend on the nodes"
doc        = "Ansible is installed on the frontend alone. A node that comes asks it to run the playbook there; nodes that ask at the same time are one run. The frontend reaches them as root with a key that only it has and that they take from the cluster's own networks."
platforms  = ["debian-12", "debian-13", "ubuntu-24.04"]
repeatable = true

param "playbook" {
  type        = string
  required    = true
  description = "The text of the playbook, as in file(\"site.yml\")."
}

param "name" {
  type        = string
  default     = ""
  description = "What it is called in messages; needed where there are several playbooks."
}

param "files" {
  type        = map(string)
  default     = {}
  description = "Further files, by their path beside the playbook, as in { \"templates/motd.j2\" = file(\"motd.j2\") }."
}

param "vars" {
  type        = any
  default     = {}
  description = "Variables for the playbook (--extra-vars), of any type."
}

param "groups" {
  type        = map(list(string))
  default     = {}
  description = "Further groups of the inventory that a node group belongs to, as in { compute = [\"slurm_worker\"] }."
}

param "tags" {
  type        = list(string)
  default     = []
  description = "Only tasks with these tags."
}

param "skip_tags" {
  type        = list(string)
  default     = []
  description = "No tasks with these tags."
}

param "before" {
  type        = bool
  default     = false
  description = "Run it on a node before the node joins the scheduler, instead of after everything else."
}

packages = { debian = ["openssh-client", "python3"] }

# Nodes ask the frontend with it; it opens nothing else.
secret "ansible_door" { form = "ssh" }

step "serve" {
  phase   = "configure"
  run     = "serve.sh"
  timeout = "15m"
}

# Always, so that newcomers learn of it: only the frontend says something here.
step "announce" {
  phase  = "configure"
  run    = "announce.sh"
  always = true
}

# Always: the frontend that was replaced has other keys and knows nobody.
step "trust" {
  phase  = "configure"
  run    = "trust.sh"
  wait   = ["ansible.server.{label}"]
  always = true
}

step "before" {
  phase   = "configure"
  run     = "before.sh"
  when    = "before"
  timeout = "2h"
}

step "after" {
  phase   = "join"
  run     = "after.sh"
  timeout = "2h"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}

step "leave" {
  phase = "leave"
  run   = "leave.sh"
}
