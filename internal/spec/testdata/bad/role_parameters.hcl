cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  role "packages" {
    instal = ["r-base"]
  }
  role "packages" {
    install = { a = 1 }
  }
  role "fuse" {
    mode = "rx"
    on   = ["front"]
  }
  role "munge" {
    port = 1
  }
}
