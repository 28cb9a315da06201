cluster "growing" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count = 0
  }
}
