cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count = 1
  }
  scheduler "slurm" {
    enforce = ["limits"]
    qos "long" {
      max_wall = "7-00:00:00"
    }
    account "physics" {
    }
  }
}
