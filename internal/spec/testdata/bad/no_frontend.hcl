cluster "a" {
  provider = provider.test
  node_group "login" {
    count = 1
  }
  node_group "compute" {
    count = 2
  }
}

cluster "b" {
  provider = provider.test
  frontend = "lgoin"
  node_group "login" {
    count = 2
  }
}

cluster "c" {
  provider = provider.test
  frontend = "login"
  node_group "login" {
    count = 2
  }
}
