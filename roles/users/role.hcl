summary   = "Accounts for several people: the same uid, keys and groups on every node"
doc       = "Beside the login user, whom the role base makes. A home is made once, on the share if /home is one, with an SSH key for the way between nodes; public keys lie in /etc/ssh/ecluster. Who leaves the list is locked out and keeps the files."
platforms = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]

param "users" {
  type = list(object({
    name   = string
    uid    = number
    groups = optional(list(string), [])
    keys   = optional(list(string), [])
    sudo   = optional(bool, false)
    shell  = optional(string, "/bin/bash")
  }))
  default     = []
  description = "The accounts: name, uid (also the gid of the user's own group), further groups, public SSH keys, whether sudo is allowed without a password, and the shell."
}

param "groups" {
  type = list(object({
    name = string
    gid  = number
  }))
  default     = []
  description = "Groups that are made, with the same gid everywhere."
}

packages = {
  debian = ["sudo", "openssh-client"]
  redhat = ["sudo", "openssh-clients"]
}

file "/etc/ecluster/users" {
  template = "users.tmpl"
}

step "accounts" {
  phase = "configure"
  run   = "accounts.sh"
}

# In the join phase, because the configure phase mounts /home.
step "homes" {
  phase = "join"
  run   = "homes.sh"
}

# Always, because accounting may be switched on later.
step "scheduler" {
  phase  = "join"
  run    = "scheduler.sh"
  always = true
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
