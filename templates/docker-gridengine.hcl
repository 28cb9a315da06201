# A Grid Engine cluster of Docker containers on this machine or on a Docker host.
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
  description = "CPUs of each compute node: the slots of its queues"
}

variable "memory" {
  type        = string
  default     = "1GB"
  description = "Memory of each compute node"
}

cluster "mycluster" {
  provider = provider.docker

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

  # MPI programs: qsub -pe mpi 2 job.sh, with mpirun in the job
  #
  # role "mpi" {}

  limits {
    max_nodes = 50 # more than this is refused, whatever the mistake
  }
}
