summary   = "Prometheus on the frontend, which watches all nodes, and a page that shows them"
doc       = "Each node runs the node exporter and tells the frontend that it is there; nobody keeps a list of nodes. Prometheus and its pages listen at 127.0.0.1 of the frontend, the exporters at the node's address inside the cluster."
platforms = ["debian-13"]

param "interval" {
  type        = string
  default     = "15s"
  description = "How often each node is asked, as in \"15s\" or \"1m\"."
}

param "retention" {
  type        = string
  default     = "15d"
  description = "How long the figures are kept, as in \"15d\" or \"2w\"."
}

packages = { debian = ["prometheus-node-exporter"] }

# Only a node of the cluster may say that it is one.
secret "monitoring_key" { bytes = 24 }

file "/etc/ecluster/monitoring.key" {
  secret = "monitoring_key"
  mode   = "0600"
}

file "/etc/ecluster/monitoring" {
  template = "monitoring.tmpl"
}

file "/usr/local/lib/ecluster/monitoring-announce" {
  template = "announce.bash"
  mode     = "0755"
}

file "/etc/systemd/system/prometheus-node-exporter.service.d/ecluster.conf" {
  template = "exporter.service.tmpl"
  notify   = ["restart:prometheus-node-exporter.service"]
}

file "/etc/systemd/system/ecluster-announce.service" {
  template = "announce.service.tmpl"
}

file "/etc/systemd/system/ecluster-announce.timer" {
  template = "announce.timer.tmpl"
}

step "exporter" {
  phase = "configure"
  run   = "exporter.sh"
}

# These two are the frontend's; others have nothing to do there. The second is
# always done, because the address of a frontend that was paused is new.
step "server" {
  phase = "configure"
  run   = "server.sh"
}

step "listen" {
  phase  = "configure"
  run    = "listen.sh"
  always = true
}

step "announce" {
  phase = "join"
  run   = "announce.sh"
  wait  = ["monitoring.server"]
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}

step "leave" {
  phase = "leave"
  run   = "leave.sh"
}
