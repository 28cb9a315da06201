summary    = "packages"
repeatable = true
param "install" {
  type     = list(string)
  required = true
  install  = true
}
packages_from = "install"
