summary   = "One secret by which the nodes of a cluster recognise each other"
platforms = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]

packages = {
  debian = ["munge"]
  redhat = ["munge"]
}

secret "munge_key" { bytes = 128 }

file "/etc/munge/munge.key" {
  secret = "munge_key"
  owner  = "munge:munge"
  mode   = "0400"
  notify = ["restart:munge.service"]
}

step "start" {
  phase = "configure"
  run   = "start.sh"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
