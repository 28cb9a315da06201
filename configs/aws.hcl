# A SLURM cluster on Amazon EC2.
#
#     ecluster rehearse aws             its whole life on a simulated cloud, for nothing
#     ecluster start aws                one frontend and two compute nodes
#     ecluster resize aws -a 20:compute
#     ecluster stop aws                 nothing is left behind
#
# It needs credentials, as the aws command does (aws configure, aws sso login).
# To change it, save this file as ecluster.hcl in a folder of your own, edit it,
# and run ecluster there.

variable "region" {
  type        = string
  default     = "us-east-1"
  description = "Where the nodes boot"
}

variable "nodes" {
  type        = number
  default     = 2
  description = "How many compute nodes"
}

provider "aws" {
  region = var.region
}

cluster "aws" {
  provider = provider.aws
  image    = "debian-13"

  scheduler "slurm" {}

  # Users log in here.
  node_group "frontend" {
    count        = 1
    machine_type = "t3.large"
  }

  # Jobs run here. Spot machines cost a fraction and may be taken back at any
  # time: SLURM then runs the job again, and ecluster start replaces the node.
  node_group "compute" {
    count        = var.nodes
    machine_type = "c5.xlarge"
    spot         = true
  }

  limits {
    ttl = "12h" # the machines terminate themselves after that, whatever happens to us
  }
}
