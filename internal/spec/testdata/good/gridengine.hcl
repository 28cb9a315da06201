cluster "grid" {
  provider = provider.test
  scheduler "gridengine" {
    queue "long" {
      groups   = ["compute"]
      max_time = "48:00:00"
      default  = true
      config   = { seq_no = "10" }
    }
    queue "short" {
      groups   = ["compute", "big"]
      max_time = "1:00:00"
      slots    = 2
    }
    parallel_environment "four" {
      allocation = "4"
      slots      = 64
    }
    config = {
      max_u_jobs      = "1000"
      weight_priority = "1.0"
    }
  }
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count  = 2
    cpus   = 4
    memory = "8GB"
  }
  node_group "big" {
    count  = 1
    cpus   = 2
    memory = "2GB"
  }
  node_group "gpu" {
    count  = 1
    cpus   = 8
    memory = "32GB"
    gpu {
      type  = "tesla"
      count = 2
    }
  }
}

cluster "single" {
  provider = provider.test
  scheduler "gridengine" {
    workers = ["frontend"]
  }
  node_group "frontend" {
    count = 1
  }
}
