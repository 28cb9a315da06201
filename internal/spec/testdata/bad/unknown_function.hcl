cluster "a" {
  provider = provider.test
  image    = uper("debian-13")
  node_group "frontend" {
    count = 1
  }
}
