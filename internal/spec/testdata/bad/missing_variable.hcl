variable "zone" {
  type = string
}

cluster "a" {
  provider = provider.test
  image    = var.zone
  node_group "frontend" {
    count        = 1
    machine_type = var.zon
  }
  node_group "compute" {
    count        = var.sizes
    machine_type = local.missing
  }
}
