variable "nodes" {
  type        = number
  default     = 3
  description = "How many"
}

variable "shape" {
  type = object({
    cpus   = number
    memory = optional(string, "4GB")
  })
  default = { cpus = 2 }
}

locals {
  image  = "debian-${local.number}"
  number = max(12, 13)
  extra  = [for i in range(2) : "package${i}"]
}

provider "remote" {
  alias   = "west"
  project = env("PROJECT", "none")
  token   = local.token
}

locals {
  token = env("TOKEN")
}

cluster "full" {
  provider   = provider.west
  image      = local.image
  batch_size = 5
  frontend   = "login"
  timezone   = "Europe/Zurich"

  scheduler "slurm" {
    accounting = true
    partition "gpu" {
      groups   = ["gpu"]
      max_time = "24:00:00"
      config   = { PriorityTier = 5 }
    }
    config = { SelectTypeParameters = "CR_Core_Memory" }
  }

  share "/home" {
    type    = "nfs"
    threads = 16
  }

  node_group "login" {
    count        = 1
    machine_type = "e2-standard-2"
    boot_disk {
      size_gb = 50
    }
  }

  node_group "compute" {
    count     = var.nodes
    min_count = var.nodes - 1
    spot      = true
    cpus      = var.shape.cpus
    memory    = var.shape.memory
    zone {
      name = "a"
    }
    zone {
      name = "b"
    }
  }

  node_group "gpu" {
    count = 2
    gpu {
      type  = "t4"
      count = 2
    }
    role "fuse" {
      mode = "rw"
      key  = env("TOKEN")
    }
  }

  role "packages" {
    install = local.extra
  }
  role "packages" {
    install = ["r-base"]
    on      = ["compute", "gpu"]
  }
  role "script" {
    run = "after.sh"
    on  = ["login"]
  }
  role "nofuse" {
    when = false
  }
  role "base" {
    timezone = "UTC"
    on       = ["gpu"]
  }

  network {
    ssh_from = ["auto", "192.0.2.0/24"]
  }
  limits {
    ttl       = "12h"
    max_nodes = 100
  }
  login {
    user = "ada"
    uid  = 1234
    sudo = true
  }
}
