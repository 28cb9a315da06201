# A SLURM cluster on Google Compute Engine, with GPUs and spot machines.
#
# It needs credentials (gcloud auth application-default login) and a project:
# theirs, or GOOGLE_CLOUD_PROJECT.
#
# Check what you wrote with "ecluster validate", and see what would happen with
# "ecluster plan learn".
# "ecluster rehearse learn" runs the whole life of the cluster on a
# simulated cloud, for nothing.

variable "zone" {
  type        = string
  default     = "us-central1-a"
  description = "Where the nodes boot"
}

variable "nodes" {
  type        = number
  default     = 20
  description = "How many compute nodes"
  validation {
    condition     = var.nodes >= 1
    error_message = "A cluster needs at least one compute node"
  }
}

provider "google" {
  zone = var.zone

  # Zones to try in this order while one has no machine free:
  #
  # zones = ["us-central1-a", "us-central1-b"]
}

cluster "learn" {
  provider = provider.google
  image    = "debian-13" # or debian-12, ubuntu-24.04, rocky-9, or one of your own

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

  # The frontend serves the homes to all nodes; they go with the cluster.
  share "/home" {
    type   = "nfs"
    server = "frontend"
  }

  # Users log in here.
  node_group "frontend" {
    count        = 1
    machine_type = "e2-standard-2"
  }

  # Jobs run here. Spot machines cost a fraction and may be taken back at any
  # time: the scheduler then runs the job again, and ecluster start replaces the
  # node.
  node_group "compute" {
    count        = var.nodes
    machine_type = "n2-standard-16"
    spot         = true

    # disks = [{ size_gb = 500, type = "pd-ssd" }] # empty; they go with the node
  }

  # Jobs that need a GPU run here.
  node_group "gpu" {
    count        = 1
    machine_type = "n1-standard-16"
    spot         = true

    gpu {
      type  = "nvidia-tesla-t4"
      count = 2
    }

    # NVIDIA's driver and the CUDA toolkit, which takes a while to install. Images
    # that have them are quicker: ecluster bake makes one.
    role "cuda" {}
  }

  # Packages of the distribution, on all nodes:
  #
  # role "packages" {
  #   install = ["r-base-core", "python3-numpy"]
  # }

  limits {
    max_nodes = 50   # more than this is refused, whatever the mistake
    ttl       = "3h" # the machines delete themselves after that, whatever happens to us
    # ask_above_price = 10 # start and resize ask before the cluster costs more an hour
  }
}
