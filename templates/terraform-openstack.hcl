# A SLURM cluster on an OpenStack cloud, made by Terraform or OpenTofu.
#
# It needs terraform or tofu, and the cloud and its credentials as the openstack
# command does (OS_CLOUD and clouds.yaml, or OS_AUTH_URL and the like). Names of
# images, flavors and networks differ from cloud to cloud: set those below.
# "ecluster plan mycluster" has them looked up and makes nothing.

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

variable "frontend_flavor" {
  type        = string
  default     = "m1.medium"
  description = "Machine type of the frontend: openstack flavor list"
}

variable "flavor" {
  type        = string
  default     = "m1.large"
  description = "Machine type of the compute nodes"
}

variable "nodes" {
  type        = number
  default     = 2
  description = "How many compute nodes"
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
  }

  # Users log in here; it alone has a floating address.
  node_group "frontend" {
    count        = 1
    machine_type = var.frontend_flavor
  }

  # Jobs run here.
  node_group "compute" {
    count        = var.nodes
    machine_type = var.flavor

    # attributes = { availability_zone = "az-2" } # for the module, with each node
  }

  limits {
    max_nodes = 50 # more than this is refused, whatever the mistake
  }
}
