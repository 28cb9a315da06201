summary   = "Containers for research, one file each (Apptainer)"
doc       = "The package of the project's own release, because no suite of Debian has it. Images are single files, which may lie in the shared home; users run them as themselves."
platforms = ["debian-12", "debian-13"]
untested  = "its releases on GitHub can't be reached from where the tests run; checked as far as the download"

param "version" {
  type        = string
  default     = "1.4.5"
  install     = true
  description = "The release, as on https://github.com/apptainer/apptainer/releases."
}

param "sha256" {
  type        = string
  default     = ""
  install     = true
  description = "The SHA-256 that the downloaded package must have; empty trusts the connection."
}

param "suid" {
  type        = bool
  default     = false
  install     = true
  description = "Install the helper that is started as root too, for kernels that let users have no namespaces."
}

packages = { debian = ["ca-certificates"] }

step "install" {
  phase = "install"
  run   = "install.sh"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
