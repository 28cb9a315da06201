summary   = "Notebooks in the browser, each in a job of the scheduler"
doc       = "JupyterHub on the frontend starts a notebook server for each user as a SLURM job under the user's own name, so a notebook gets CPUs and memory like any other job and ends with it. The hub listens on the frontend's loopback address: people reach it through SSH, with a password that is in their home."
platforms = ["debian-13"]

param "port" {
  type        = number
  default     = 8000
  description = "Port of the hub on the loopback address of the frontend."
}

param "partition" {
  type        = string
  default     = ""
  description = "Partition of the notebooks' jobs; empty is SLURM's default."
}

param "time_limit" {
  type        = string
  default     = "08:00:00"
  description = "How long a notebook server may run, as SLURM writes it."
}

param "cpus" {
  type        = number
  default     = 1
  description = "CPUs of a notebook server."
}

param "memory_mb" {
  type        = number
  default     = 0
  description = "Memory of a notebook server in MB; 0 is what the partition gives."
}

param "options" {
  type        = list(string)
  default     = []
  description = "Further options for sbatch, as in [\"--gres=gpu:1\"]."
}

param "admins" {
  type        = list(string)
  default     = []
  description = "Who may also see, stop and enter the notebook servers of others, and so act as them."
}

packages = { debian = ["jupyterhub", "python3-notebook", "python3-ipykernel"] }

file "/etc/jupyterhub/jupyterhub_config.py" {
  template = "config.py.tmpl"
}

file "/etc/jupyterhub/ecluster_hub.py" {
  template = "ecluster_hub.py"
}

file "/usr/local/bin/jupyter-password" {
  template = "jupyter-password"
  mode     = "0755"
}

# In the join phase: SLURM is there then.
step "hub" {
  phase = "join"
  run   = "hub.sh"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
