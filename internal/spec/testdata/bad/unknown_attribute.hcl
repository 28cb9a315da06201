cluster "a" {
  provider  = provider.test
  batch_sze = 5
  node_group "frontend" {
    count = 1
    cpu   = 2
    zzzz  = 1
  }
}
