cluster "a" {
  provider   = provider.test
  batch_size = 0
  node_group "frontend" {
    count = 0
  }
  node_group "negative" {
    count = -1
  }
  node_group "half" {
    count = 1.5
  }
  node_group "huge" {
    count = 100000
  }
  node_group "none" {
    count = 0
  }
  node_group "more" {
    count     = 2
    min_count = 3
  }
  node_group "missing" {
  }
}
