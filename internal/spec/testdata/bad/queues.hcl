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
  scheduler "gridengine" {
    accounting = false
    workers    = ["compute", "gppu"]
    partition "long" {
    }
    queue "long" {
      groups   = ["gpu"]
      max_time = "a day"
      slots    = 0
      default  = true
    }
    queue "LONG" {
      default = true
      slots   = 1.5
    }
    queue "template" {
      config = { hostlist = "@all" }
    }
    queue "bad name" {
      config = { "H rt" = "1" }
    }
    queue "0short" {
      config = { prolog = "" }
    }
    parallel_environment "mpi" {
      allocation = "fill_up"
    }
    parallel_environment "mpi" {
      allocation = "$pe_slots"
      slots      = 0
    }
    parallel_environment "a b" {
    }
    config = { loglevel = "log_info\nmax_jobs 1" }
  }
  scheduler "slurm" {
  }
}
