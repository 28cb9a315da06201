cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
    role "script" {
      run = "after.sh"
      on  = ["compute"]
    }
  }
  node_group "compute" {
    count = 1
  }
  role "script" {
    run = "missing.sh"
  }
  role "script" {
  }
}
