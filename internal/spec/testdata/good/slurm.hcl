cluster "policies" {
  provider = provider.test

  scheduler "slurm" {
    accounting   = true
    prolog       = "after.sh"
    mail_program = "/usr/bin/mail"
    rest         = true

    partition "short" {
      groups         = ["compute"]
      default        = true
      max_time       = "1:00:00"
      max_nodes      = 2
      priority       = 10
      qos            = "normal"
      allow_qos      = ["normal", "urgent"]
      allow_groups   = ["staff"]
      allow_accounts = ["physics", "users"]
      state          = "UP"
      oversubscribe  = "FORCE:2"
      config         = { LLN = "YES" }
    }
    qos "urgent" {
      priority          = 100
      max_wall          = "30:00"
      max_jobs_per_user = 2
      max_tres_per_user = { cpu = 8, mem = "16GB", gpu = 1 }
      preempt           = ["normal"]
      flags             = ["DenyOnLimit"]
    }
    qos "long" {
      max_wall            = "7-00:00:00"
      max_submit_per_user = 10
      max_tres            = { node = 3 }
      usage_factor        = 0.5
      config              = { maxwall = "8-00:00:00", GraceTime = "60" }
    }
    account "optics" {
      parent      = "physics"
      users       = ["ada", "bob"]
      qos         = ["normal", "long"]
      default_qos = "long"
    }
    account "physics" {
      description = "Department of physics"
      shares      = 30
      users       = ["ada"]
      max_jobs    = 100
    }
  }

  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count = 2
  }
  node_group "gpu" {
    count = 2
    gpu {
      type  = "NVIDIA A100"
      count = 4
    }
  }
}
