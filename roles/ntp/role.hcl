summary   = "The right time on every node (chrony)"
doc       = "Accounting, munge and file systems need clocks that agree. chrony asks the servers that are given; without any, the clock of the cloud that the machine is in, which needs no way out, or else the pool of the distribution. A container has the clock of its host: there the role does nothing and says so."
platforms = ["debian-12", "debian-13", "ubuntu-24.04"]

param "servers" {
  type        = list(string)
  default     = []
  description = "Names or addresses of NTP servers; empty asks the cloud's own, else the distribution's pool."
}

packages = { debian = ["chrony"] }

step "start" {
  phase = "configure"
  run   = "start.sh"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
