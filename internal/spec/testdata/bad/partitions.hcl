cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count = 1
  }
  node_group "gpu" {
    count = 1
  }
  scheduler "slurm" {
    workers = ["compute", "gppu"]
    partition "long" {
      groups   = ["gpu"]
      max_time = "a day"
      default  = true
    }
    partition "LONG" {
      default = true
    }
    partition "default" {
    }
    partition "bad name" {
      config = { "a b" = 1 }
    }
  }
}
