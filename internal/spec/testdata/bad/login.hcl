cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  login {
    user = "root"
    uid  = 0
  }
  network {
    ssh_from = ["auto", "192.0.2.300"]
  }
}
