summary   = "Environment modules (Lmod): software that users choose by name and version"
doc       = "Login shells have the command module. It looks for modulefiles in folders on the shared home, which the login user fills, and in those of the node. Where the role mpi is on the node, a modulefile for its OpenMPI shows how one is written."
platforms = ["debian-12", "debian-13", "ubuntu-24.04"]

param "paths" {
  type        = list(string)
  default     = ["/home/modules"]
  description = "Folders with modulefiles, searched in this order before the node's own; one that is missing is made, and belongs to the login user."
}

packages = { debian = ["lmod"] }

file "/etc/lmod/modulespath" {
  template = "modulespath.tmpl"
}

# Always, because OpenMPI may come and go with another role.
step "example" {
  phase  = "configure"
  run    = "example.sh"
  always = true
}

# In the join phase, because the configure phase mounts the shares.
step "paths" {
  phase = "join"
  run   = "paths.sh"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
