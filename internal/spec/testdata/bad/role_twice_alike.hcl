cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
    role "fuse" {}
    role "fuse" {}
  }
}
