# An HTCondor pool of Docker containers on this machine or on a Docker host.
#
# What is likely to differ from one use to the next is a variable. Change the
# defaults below, or say it at the start:
#
#     ecluster start mycluster --var nodes=4 --var memory=2GB
#
# Check what you wrote with "ecluster validate", and see what would happen with
# "ecluster plan mycluster".

variable "nodes" {
  type        = number
  default     = 2
  description = "How many compute nodes"
  validation {
    condition     = var.nodes >= 1
    error_message = "A cluster needs at least one compute node"
  }
}

variable "cpus" {
  type        = number
  default     = 1
  description = "CPUs of each compute node"
}

variable "memory" {
  type        = string
  default     = "1GB"
  description = "Memory of each compute node"
}

variable "packages" {
  type        = list(string)
  default     = []
  description = "Debian packages to install on all nodes"
}

# The Docker engine of this machine needs no settings. Another one:
#
# provider "docker" {
#   host = "tcp://bigmachine:2376"
# }

cluster "mycluster" {
  provider = provider.docker

  scheduler "htcondor" {
    # A part of the pool for a group of users; more while others leave it free.
    #
    # accounting_group "physics" {
    #   quota = 0.5
    # }

    # How many jobs that say "concurrency_limits = license" may run at once:
    #
    # concurrency = { license = 3 }

    # Any other setting of HTCondor, as it is:
    #
    # config = { MAX_JOBS_PER_OWNER = "5000" }
  }

  share "/home" {
    type = "volume"
    keep = false # true: the files outlive the cluster
  }

  node_group "frontend" {
    count = 1
  }

  node_group "compute" {
    count  = var.nodes
    cpus   = var.cpus
    memory = var.memory
  }

  role "packages" {
    when    = length(var.packages) > 0
    install = var.packages
  }

  limits {
    max_nodes = 50 # more than this is refused, whatever the mistake
  }

  login {
    user = "ecluster" # the ordinary user on all nodes; ecluster ssh logs in as this one
    sudo = false
  }
}
