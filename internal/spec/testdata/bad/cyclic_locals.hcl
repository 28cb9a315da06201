locals {
  a = local.b
  b = "${local.c}x"
  c = [for x in [1] : local.a][0]
  self = local.self
}

cluster "a" {
  provider = provider.test
  image    = local.a
  node_group "frontend" {
    count = 1
  }
}
