summary   = "SLURM's accounting: slurmdbd and its MariaDB, on the frontend"
doc       = "slurmdbd reaches the database over its local socket as the user slurm, so there is no database password; MariaDB listens on no network."
platforms = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]
requires  = ["munge"]

param "cluster_name" {
  type        = string
  required    = true
  description = "Name under which SLURM accounts for this cluster."
}

param "rest" {
  type        = bool
  default     = false
  description = "Accept tokens (JWT) signed with the key of the role slurm-rest, which must be on the same node."
}

packages = {
  debian = ["mariadb-server", "slurmdbd", "slurm-wlm-mysql-plugin"]
  redhat = ["mariadb-server", "epel:slurm-slurmdbd"]
}

file "/etc/mysql/mariadb.conf.d/90-ecluster.cnf" {
  template = "mariadb.cnf.tmpl"
  notify   = ["restart:mariadb.service"]
}

file "/etc/slurm/slurmdbd.conf" {
  template = "slurmdbd.conf.tmpl"
  owner    = "slurm:slurm"
  mode     = "0600"
  notify   = ["restart:slurmdbd.service"]
}

step "database" {
  phase = "configure"
  run   = "database.sh"
}

step "start" {
  phase = "configure"
  run   = "start.sh"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
