# A SLURM cluster of Docker containers on this machine or on a Docker host.
#
# The Docker engine of this machine needs no settings. What is likely to differ
# from one use to the next is a variable: change the defaults below, or say it at
# the start: ecluster start mycluster --var nodes=4 --var memory=2GB
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

# Another engine than that of this machine:
#
# provider "docker" {
#   host = "tcp://bigmachine:2376"
# }

cluster "mycluster" {
  provider = provider.docker

  scheduler "slurm" {
    accounting = true # keeps a record of every job: sacct

    # Each group has a partition of its own name. To set one up yourself:
    #
    # partition "short" {
    #   groups   = ["compute"]
    #   max_time = "01:00:00"
    #   default  = true
    # }

    # Any other setting of slurm.conf, as it is:
    #
    # config = { PriorityType = "priority/basic" }
  }

  share "/home" {
    type = "volume"
    keep = false # true: the files outlive the cluster
  }

  # Users log in here.
  node_group "frontend" {
    count = 1
  }

  # Jobs run here.
  node_group "compute" {
    count  = var.nodes
    cpus   = var.cpus
    memory = var.memory
  }

  # Packages of the distribution, on all nodes:
  #
  # role "packages" {
  #   install = ["r-base-core", "python3-numpy"]
  # }

  limits {
    max_nodes = 50 # more than this is refused, whatever the mistake
  }
}
