cluster "b" {
  provider = provider.test
  node_groups "frontend" {
    count = 1
  }
  node_group "frontend" {
    count {
    }
    boot_disk = { size_gb = 5 }
  }
}
