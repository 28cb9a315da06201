cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count = 1
  }
  scheduler "slurm" {
    accounting   = true
    enforce      = ["limits", "qoss"]
    prolog       = "missing.sh"
    epilog       = "slurm_policies.hcl"
    mail_program = "mail"
    partition "short" {
      max_nodes      = 0
      priority       = 70000
      qos            = "urgnt"
      allow_qos      = ["normal", "fast"]
      allow_groups   = ["two words"]
      allow_accounts = ["fysics"]
      state          = "up"
      oversubscribe  = "sometimes"
      config         = { prioritytier = 3 }
    }
    qos "urgent" {
      max_wall          = "soon"
      max_jobs_per_user = 1.5
      max_tres_per_user = { cpus = 8 }
      max_tres_per_job  = { mem = "much" }
      max_tres          = { cpu = "four" }
      preempt           = ["urgent", "nothing"]
      preempt_mode      = "suspend"
      usage_factor      = -1
      limit             = 4
    }
    qos "Big" {
    }
    qos "urgent" {
    }
    account "physics" {
      parent      = "optics"
      shares      = 0
      description = "the \"best\""
      users       = ["a b"]
    }
    account "optics" {
      parent      = "physics"
      qos         = ["normal"]
      default_qos = "urgent"
    }
    account "chemistry" {
      parent = "fysics"
      qos    = ["normal", "fast"]
    }
    account "root" {
    }
  }
}
