# A SLURM cluster on an OpenStack cloud, made by Terraform or OpenTofu, with MPI.
#
# It needs terraform or tofu, and the cloud and its credentials as the openstack
# command does (OS_CLOUD and clouds.yaml, or OS_AUTH_URL and the like). Names of
# images, flavors and networks differ from cloud to cloud: set those below.
#
# Check what you wrote with "ecluster validate", and see what would happen with
# "ecluster plan mycluster".

variable "external_network" {
  type        = string
  default     = "public"
  description = "The network that floating addresses come from: openstack network list --external"
}

variable "image" {
  type        = string
  default     = "Debian 13"
  description = "An image with cloud-init: openstack image list"
}

variable "nodes" {
  type        = number
  default     = 200
  description = "How many compute nodes"
  validation {
    condition     = var.nodes >= 1
    error_message = "A cluster needs at least one compute node"
  }
}

provider "terraform" {
  module = "openstack" # or a folder with a module of your own: "./cloud"

  variables = {
    external_network = var.external_network
  }
}

cluster "mycluster" {
  provider = provider.terraform
  image    = var.image

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
    machine_type = "m1.medium"
  }

  # Jobs run here.
  node_group "compute" {
    count        = var.nodes
    machine_type = "m1.large"

    # attributes = { availability_zone = "az-2" } # for the module, with each node
  }

  # OpenMPI, tied to the scheduler. srun --mpi=pmix, or mpirun in a job.
  role "mpi" {}

  # Packages of the distribution, on all nodes:
  #
  # role "packages" {
  #   install = ["r-base-core", "python3-numpy"]
  # }

  limits {
    max_nodes = 400   # more than this is refused, whatever the mistake
    ttl       = "12h" # the machines switch themselves off after that
    # ask_above_price = 10 # start and resize ask before the cluster costs more an hour
  }
}
