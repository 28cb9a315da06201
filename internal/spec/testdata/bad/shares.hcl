cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  share "/" {}
  share "/usr" {}
  share "/etc/munge" {}
  share "/srv" {}
  share "home" {}
  share "/data/../etc" {}
  share "/with space" {}
  share "/data" {
    type = "nsf"
  }
  share "/scratch" {
    type   = "nfs"
    server = "storage"
  }
  share "/work" {
    type    = "nfs"
    thread  = 5
  }
  share "/x" {
    server = "frontend"
  }
}
