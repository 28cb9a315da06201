cluster "a" {
  node_group "frontend" {
    count = 1
  }
}
