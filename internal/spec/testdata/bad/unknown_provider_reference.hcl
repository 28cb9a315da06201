cluster "b" {
  provider = "nowhere"
  node_group "frontend" {
    count = 1
  }
}

cluster "c" {
  provider = test
}

cluster "d" {
  provider = provider.tset
}
