summary   = "Asks the frontend for the names of the nodes"
doc       = "The frontend comes first in the list of name servers, and its own name is written into /etc/hosts, so that it is found even while its name service is away."
platforms = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]

# Always: the addresses of a cluster that was paused are new.
step "ask" {
  phase  = "configure"
  run    = "ask.sh"
  wait   = ["names.server"]
  always = true
}
