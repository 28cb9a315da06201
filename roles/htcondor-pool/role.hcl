summary   = "What every node of an HTCondor pool shares: the pool's key, its names, its settings"
doc       = "Daemons of the pool know each other by tokens that each node signs for itself with the key of the pool; only root may read either. Users have none: on the frontend HTCondor knows them by their login."
platforms = ["debian-13"]

param "pool" {
  type        = string
  required    = true
  description = "Name of the pool; users and tokens belong to it."
}

param "manager" {
  type        = string
  required    = true
  description = "Host name of the central manager."
}

param "shared_home" {
  type        = bool
  default     = false
  description = "All nodes see the same /home, so jobs need no file transfer there."
}

param "config" {
  type        = map(string)
  default     = {}
  description = "Settings for every node's configuration; one given here replaces ours."
}

packages = { debian = ["condor"] }

secret "htcondor_key" { bytes = 64 }

file "/etc/condor/config.d/50-ecluster.config" {
  template = "pool.config.tmpl"
  notify   = ["reload:condor.service"]
}

file "/etc/condor/config.d/90-ecluster-spec.config" {
  template = "spec.config.tmpl"
  notify   = ["reload:condor.service"]
}

file "/usr/local/bin/condor_mpirun" {
  template = "condor_mpirun.tmpl"
  mode     = "0755"
}

file "/etc/systemd/system/condor.service.d/ecluster.conf" {
  template = "condor.service.tmpl"
}

# The package wants the service at every boot, before it is configured.
step "quiet" {
  phase = "install"
  run   = "quiet.sh"
}

step "key" {
  phase = "configure"
  run   = "key.sh"
}
