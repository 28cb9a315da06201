summary  = "accounting"
requires = ["munge"]
param "cluster_name" {
  type     = string
  required = true
}
