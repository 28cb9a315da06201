cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
    role "pakages" {
      install = ["r-base"]
    }
  }
}
