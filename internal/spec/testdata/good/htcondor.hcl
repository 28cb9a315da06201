cluster "pool" {
  provider = provider.test

  scheduler "htcondor" {
    accounting  = true
    workers     = ["big", "compute"]
    concurrency = { license = 3 }
    config      = { SHADOW_RENICE_INCREMENT = "1" }

    accounting_group "physics" {
      quota = 0.5
    }
    accounting_group "physics.theory" {
      quota   = 0.9
      surplus = false
    }
    accounting_group "biology" {
      quota = 0.5
    }
  }

  share "/home" {
    type = "volume"
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
    cpus   = 4
    memory = "64GB"
  }
}

# The frontend runs the jobs, and nothing is shared.
cluster "one" {
  provider = provider.test

  scheduler "htcondor" {
    workers        = ["frontend"]
    slots          = "static"
    default_memory = 100
  }

  node_group "frontend" {
    count = 1
  }
}
