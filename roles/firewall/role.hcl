summary   = "A packet filter: closed to the world but for SSH"
doc       = "Only the nodes of this cluster may open connections to the node, whatever listens on it; the world reaches sshd and the ports that the spec names. It is nftables with a table of its own, so rules of others (containers, your own) stay as they are."
platforms = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]

param "ports" {
  type        = list(string)
  default     = []
  description = "What the world may reach beside SSH: \"443\" (TCP), \"60000-61000/udp\"."
}

param "networks" {
  type        = list(string)
  default     = []
  description = "The addresses of the cluster's nodes, as \"10.128.0.0/20\"; when empty, those of the network by which nodes reach each other."
}

packages = {
  debian = ["nftables"]
  redhat = ["nftables"]
}

file "/etc/systemd/system/ecluster-firewall.service" {
  template = "firewall.service.tmpl"
}

# Always: the network of a cluster that was paused may be another one.
step "close" {
  phase  = "configure"
  run    = "close.sh"
  always = true
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
