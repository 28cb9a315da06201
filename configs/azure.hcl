# A SLURM cluster on Microsoft Azure.
#
#     ecluster rehearse azure           its whole life on a simulated cloud, for nothing
#     ecluster start azure              one frontend and two compute nodes
#     ecluster resize azure -a 20:compute
#     ecluster stop azure               nothing is left behind
#
# It needs credentials (az login) and a subscription: AZURE_SUBSCRIPTION_ID. To
# change it, save this file as ecluster.hcl in a folder of your own, edit it,
# and run ecluster there.

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
}

cluster "azure" {
  provider = provider.azure
  image    = "debian-13"

  scheduler "slurm" {}

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
  }

  limits {
    ttl = "12h" # the nodes halt themselves after that; see docs/providers/azure.md for what then still costs
  }
}
