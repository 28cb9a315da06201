cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  node_group "one" {
    count = 5
  }
  node_group "two" {
    count = 5
  }
  limits {
    max_nodes = 10
    ttl       = "soon"
  }
}
