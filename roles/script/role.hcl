summary    = "A script of the user's own, run once on each node"
doc        = "It runs as root after everything else is in place, and again when its text changes; its shebang is honoured, and without one it is run by sh. It should be fit to be run twice."
platforms  = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]
repeatable = true

param "name" {
  type        = string
  required    = true
  description = "What the script is called in messages."
}

param "script" {
  type        = string
  required    = true
  description = "The text of the script."
}

step "run" {
  phase   = "join"
  run     = "run.sh"
  timeout = "1h"
}
