# A Grid Engine cluster on Amazon EC2, with MPI.
#
# It needs credentials, as the aws command does (aws configure, aws sso login).
#
# Check what you wrote with "ecluster validate", and see what would happen with
# "ecluster plan mycluster".
# "ecluster rehearse mycluster" runs the whole life of the cluster on a
# simulated cloud, for nothing.

variable "region" {
  type        = string
  default     = "us-east-1"
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

provider "aws" {
  region = var.region

  # profile = "physics" # of ~/.aws/config
  # vpc     = "new"     # a network of the cluster's own instead of the default VPC
}

cluster "mycluster" {
  provider = provider.aws
  image    = "debian-13" # or debian-12, ubuntu-24.04, or one of your own

  # qmaster runs on the frontend, jobs run on all other groups. qacct tells what
  # became of every job.
  scheduler "gridengine" {
    # Groups that stand in no queue are in all.q. To set one up yourself:
    #
    # queue "short" {
    #   groups   = ["compute"]
    #   max_time = "1:00:00"
    #   default  = true
    # }

    # smp, mpi and mpi_rr are there; another way to spread the slots of a job:
    #
    # parallel_environment "four" {
    #   allocation = "4" # on each node
    # }

    # Any other setting of the scheduler or of the cluster, as qconf names it:
    #
    # config = { max_u_jobs = "1000" }
  }

  # Each node has homes of its own. Homes that all nodes see:
  #
  # share "/home" {
  #   type = "nfs"
  # }

  # Users log in here.
  node_group "frontend" {
    count        = 1
    machine_type = "t3.large"
  }

  # Jobs run here.
  node_group "compute" {
    count        = var.nodes
    machine_type = "c5.xlarge"
    # spot = true # at a fraction of the price, and may be taken back at any time
    placement = "cluster" # close together

    # machine_types    = ["c5a.xlarge", "m5.xlarge"]       # tried when no zone has the first
    # disks            = [{ size_gb = 500, type = "gp3" }] # empty; they go with the node
    # threads_per_core = 1                                 # no simultaneous multithreading
  }

  # OpenMPI, tied to the scheduler. qsub -pe mpi 2 job.sh, with mpirun in the job.
  role "mpi" {}

  # Packages of the distribution, on all nodes:
  #
  # role "packages" {
  #   install = ["r-base-core", "python3-numpy"]
  # }

  limits {
    max_nodes = 50    # more than this is refused, whatever the mistake
    ttl       = "12h" # the machines terminate themselves after that, whatever happens to us
    # ask_above_price = 10 # start and resize ask before the cluster costs more an hour
  }
}
