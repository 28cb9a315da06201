summary   = "What every node has: the login user, its keys, its limits, its own host key"
doc       = "One ordinary user with the same uid everywhere, host keys that only this node knows, resource limits fit for parallel jobs, and the time zone. The keys that may log in lie in /etc/ssh/ecluster, so that logging in works even when the shared home does not."
platforms = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]

param "timezone" {
  type        = string
  default     = ""
  description = "Time zone such as \"Europe/Zurich\"; empty leaves that of the image."
}

packages = {
  debian = ["openssh-server", "sudo", "tzdata"]
  redhat = ["openssh-server", "openssh-clients", "sudo", "tzdata", "diffutils"]
}

# What this machine is, for people, scripts and schedulers.
file "/etc/ecluster/node" {
  template = "node.tmpl"
}

file "/etc/ssh/sshd_config.d/20-ecluster.conf" {
  template = "sshd.conf.tmpl"
  notify   = ["reload:ssh.service"]
}

file "/etc/ssh/ssh_config.d/20-ecluster.conf" {
  template = "ssh.conf.tmpl"
}

step "about" {
  phase   = "configure"
  run     = "about.sh"
  exports = ["node.os", "node.shape"]
}

step "hostkey-new" {
  phase   = "configure"
  run     = "hostkey-new.sh"
  exports = ["node.hostkey"]
}

step "system" {
  phase = "configure"
  run   = "system.sh"
}

step "login" {
  phase = "configure"
  run   = "login.sh"
}

step "hostkey-use" {
  phase = "configure"
  run   = "hostkey-use.sh"
  wait  = ["node.hostkey.saved"]
}

# In the join phase, because /home may be a share that the configure phase mounts.
step "home" {
  phase = "join"
  run   = "home.sh"
}
