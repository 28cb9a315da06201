# An HTCondor pool on Microsoft Azure, with GPUs.
#
# It needs credentials (az login) and a subscription: AZURE_SUBSCRIPTION_ID, or
# the default of the az command.
#
# Check what you wrote with "ecluster validate", and see what would happen with
# "ecluster plan mycluster".
# "ecluster rehearse mycluster" runs the whole life of the cluster on a
# simulated cloud, for nothing.

variable "location" {
  type        = string
  default     = "eastus"
  description = "Where the nodes boot"
}

variable "nodes" {
  type        = number
  default     = 2
  description = "How many compute nodes"
  validation {
    condition     = var.nodes >= 1
    error_message = "A cluster needs at least one compute node"
  }
}

provider "azure" {
  location = var.location

  # resource_group = "physics" # an existing one; default: one of the cluster's own
}

cluster "mycluster" {
  provider = provider.azure
  image    = "debian-13" # HTCondor is packaged for this one

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

  # The frontend serves the homes to all nodes; they go with the cluster.
  share "/home" {
    type   = "nfs"
    server = "frontend"
  }

  # Users log in here.
  node_group "frontend" {
    count        = 1
    machine_type = "Standard_D2s_v5"
  }

  # Jobs run here.
  node_group "compute" {
    count        = var.nodes
    machine_type = "Standard_D4s_v5"
    # spot = true # at a fraction of the price, and may be taken back at any time

    # machine_types = ["Standard_D4s_v6"]                       # tried when all zones are out of the first
    # disks         = [{ size_gb = 512, type = "Premium_LRS" }] # empty; they go with the node
  }

  # Jobs that need a GPU run here.
  node_group "gpu" {
    count        = 1
    machine_type = "Standard_NC24ads_A100_v4"

    gpu {
      type  = "a100"
      count = 1
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
    max_nodes = 50 # more than this is refused, whatever the mistake

    # ask_above_price = 10 # start and resize ask before the cluster costs more an hour
  }
}
