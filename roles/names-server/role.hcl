summary   = "Answers for the names of the nodes, on the frontend"
doc       = "Where a cloud gives its machines names of its own, nodes find each other through dnsmasq on the frontend, which listens at the address inside the cluster only. ecluster writes one small file a node into /etc/ecluster/hosts.d when the node comes, so a newcomer changes nothing on the others. Everything else is asked of the servers that the frontend had before."
platforms = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]

packages = {
  debian = ["dnsmasq-base"]
  redhat = ["dnsmasq", "iproute"]
}

file "/etc/systemd/system/ecluster-names.service" {
  template = "names.service.tmpl"
  notify   = ["restart:ecluster-names.service"]
}

# Always: the addresses of a cluster that was paused are new.
step "serve" {
  phase   = "configure"
  run     = "serve.sh"
  exports = ["names.server"]
  always  = true
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
