provider "remote" {
  project = "p"
}

cluster "a" {
  provider = provider.remote
  node_group "frontend" {
    count = 1
  }
  share "/home" {}
}
