summary   = "R, with packages of CRAN that the distribution has built"
doc       = "Packages are named as on CRAN and come ready built from the distribution. What it does not have, users install into their home, once for all nodes."
platforms = ["debian-12", "debian-13", "ubuntu-24.04"]

param "packages" {
  type        = list(string)
  default     = []
  install     = true
  description = "Packages by their names on CRAN, as in [\"data.table\", \"Rmpi\"]."
}

param "compilers" {
  type        = bool
  default     = false
  install     = true
  description = "Install what users need to build packages of CRAN themselves with install.packages()."
}

param "cran" {
  type        = string
  default     = "https://cloud.r-project.org"
  description = "The mirror of CRAN that install.packages() asks."
}

packages = { debian = ["r-base-core"] }

file "/etc/R/Rprofile.site" {
  template = "Rprofile.site.tmpl"
}

step "packages" {
  phase   = "install"
  run     = "packages.sh"
  timeout = "1h"
}

step "prove" {
  phase = "configure"
  run   = "prove.sh"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
