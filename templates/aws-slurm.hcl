# A SLURM cluster on Amazon EC2.
#
# It needs credentials, as the aws command does (aws configure, aws sso login).
# "ecluster plan mycluster" looks at the account and its quotas and makes nothing;
# "ecluster rehearse mycluster" runs the whole life of the cluster on a simulated
# cloud, for nothing.

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

  # profile = "physics" # of ~/.aws/config
  # vpc     = "new"     # a network of the cluster's own instead of the default VPC
}

cluster "mycluster" {
  provider = provider.aws
  image    = "debian-13" # or debian-12, ubuntu-24.04, rocky-9, or one of your own

  scheduler "slurm" {
    accounting = true # keeps a record of every job: sacct
  }

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

    # machine_types    = ["c5a.xlarge", "m5.xlarge"]          # tried when no zone has the first
    # disks            = [{ size_gb = 500, type = "gp3" }]    # empty; they go with the node
    # placement        = "cluster"                            # close together, for MPI
    # threads_per_core = 1                                    # no simultaneous multithreading
  }

  # GPUs come with the machine type:
  #
  # node_group "gpu" {
  #   count        = 1
  #   machine_type = "g4dn.xlarge"
  #   image        = "ubuntu-24.04-gpu"
  # }

  limits {
    max_nodes = 50    # more than this is refused, whatever the mistake
    ttl       = "12h" # the machines terminate themselves after that, whatever happens to us
  }
}
