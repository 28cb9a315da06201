cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  node_group "frontend" {
    count = 1
  }
  share "/home" {}
  share "/home" {}
  share "/Home" {}
  network {}
  network {}
}
