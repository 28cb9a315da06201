cluster "a" {
  provider = provider.test
  share "/data" {}
  node_group "frontend" { count = 1 }
  node_group "compute" {
    count = 1
    scratch {
      path       = "/usr"
      filesystem = "ntfs"
      mode       = "rwx"
      disks      = ["auto", "auto"]
      strip      = true
    }
  }
  node_group "gpu" {
    count = 1
    scratch {
      path = "/data"
    }
  }
}
