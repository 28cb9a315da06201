cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count = 1
  }
  scheduler "slurm" {
    acounting = true
  }
  scheduler "slurm" {
  }
}

cluster "b" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  scheduler "slrm" {
  }
}

cluster "c" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  scheduler "slurm" {
  }
}
