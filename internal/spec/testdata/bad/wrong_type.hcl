cluster "a" {
  provider   = provider.test
  batch_size = "many"
  image      = ["debian-13"]
  node_group "frontend" {
    count = [1]
    spot  = "perhaps"
  }
  network {
    ssh_from = "here"
  }
}
