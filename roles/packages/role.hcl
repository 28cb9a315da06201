summary    = "Packages of the distribution, by name"
platforms  = ["debian-12", "debian-13", "ubuntu-24.04", "rocky-9", "almalinux-9"]
repeatable = true

param "install" {
  type        = list(string)
  required    = true
  install     = true
  description = "Names of the packages; they are installed together with those of all other roles, in one transaction."
}

packages_from = "install"
