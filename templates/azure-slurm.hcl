# A SLURM cluster on Microsoft Azure.
#
# It needs credentials (az login) and a subscription: AZURE_SUBSCRIPTION_ID, or
# the default of the az command. "ecluster plan mycluster" looks at the
# subscription and its quotas and makes nothing; "ecluster rehearse mycluster"
# runs the whole life of the cluster on a simulated cloud, for nothing.

variable "location" {
  type        = string
  default     = "eastus"
  description = "Where the nodes boot"
}

variable "nodes" {
  type        = number
  default     = 2
  description = "How many compute nodes"
}

provider "azure" {
  location = var.location

  # resource_group = "physics" # an existing one; default: one of the cluster's own
}

cluster "mycluster" {
  provider = provider.azure
  image    = "debian-13" # or debian-12, ubuntu-24.04, rocky-9, or one of your own

  scheduler "slurm" {
    accounting = true # keeps a record of every job: sacct
  }

  # Users log in here.
  node_group "frontend" {
    count        = 1
    machine_type = "Standard_D2s_v5"
  }

  # Jobs run here. Spot machines cost a fraction and may be taken back at any
  # time: SLURM then runs the job again, and ecluster start replaces the node.
  node_group "compute" {
    count        = var.nodes
    machine_type = "Standard_D4s_v5"
    spot         = true

    # machine_types = ["Standard_D4s_v6"]                       # tried when all zones are out of the first
    # disks         = [{ size_gb = 512, type = "Premium_LRS" }] # empty; they go with the node
    # placement     = "proximity"                               # close together, for MPI
  }

  # GPUs come with the machine type:
  #
  # node_group "gpu" {
  #   count        = 1
  #   machine_type = "Standard_NC4as_T4_v3"
  #   image        = "ubuntu-24.04-gpu"
  # }

  limits {
    max_nodes = 50    # more than this is refused, whatever the mistake
    ttl       = "12h" # the nodes halt themselves after that; docs/providers/azure.md: what then still costs
  }
}
