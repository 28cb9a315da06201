cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count = 1
  }
  scheduler "htcondor" {
    workers        = ["compuet"]
    slots          = "dynamic"
    default_memory = 0.5
    concurrency    = { "a b" = 1, license = -1 }
    config         = { "DAEMON_LIST" = "MASTER" }
    partition "x" {
    }
    accounting_group "physics" {
      quota = 50
    }
    accounting_group "biology" {
      quota  = 0.5
      surpls = false
    }
    accounting_group "medicine" {
    }
  }
}

cluster "b" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count = 1
  }
  scheduler "htcondor" {
    config = { START = "True \\" }
    accounting_group "physics" {
      quota = 0.6
    }
    accounting_group "Physics" {
      quota = 0.1
    }
    accounting_group "bio logy" {
      quota = 0.6
    }
  }
}

cluster "c" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  scheduler "htcondor" {
    config = { "A B" = "1" }
  }
}

cluster "d" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  scheduler "htcondr" {
  }
}
