summary  = "accounting"
requires = ["munge"]
param "cluster_name" {
  type     = string
  required = true
}
param "rest" {
  type    = bool
  default = false
}
