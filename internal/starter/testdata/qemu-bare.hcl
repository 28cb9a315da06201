# A cluster without a scheduler of virtual machines on this computer (QEMU).
#
# Where KVM does not work the machines are emulated, which is slow: then add
# --boot-timeout 20m. What is likely to differ from one use to the next is a
# variable: ecluster start mycluster --var nodes=4 --var memory=2GB
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
  description = "CPUs of each compute node"
}

variable "memory" {
  type        = string
  default     = "1GB"
  description = "Memory of each compute node"
}

provider "qemu" {
  accel = "auto" # "kvm" or "tcg" (emulation) to decide it yourself
}

cluster "mycluster" {
  provider = provider.qemu
  image    = "debian-13" # or "debian-12", or the path of a disk image with cloud-init

  # Without a scheduler block programs are started by hand: ecluster exec.
  #
  # scheduler "slurm" {}

  # The frontend serves the homes to all nodes; they go with the cluster.
  share "/home" {
    type   = "nfs"
    server = "frontend"
  }

  # Users log in here.
  node_group "frontend" {
    count  = 1
    cpus   = 2
    memory = "2GB"
    boot_disk {
      size_gb = 20 # takes space only as it fills
    }
  }

  # Jobs run here.
  node_group "compute" {
    count  = var.nodes
    cpus   = var.cpus
    memory = var.memory

    # Further, empty disks, here as /scratch:
    #
    # disks = [{ size_gb = 50 }]
    # scratch {}
  }

  # Packages of the distribution, on all nodes:
  #
  # role "packages" {
  #   install = ["r-base-core", "python3-numpy"]
  # }

  limits {
    max_nodes = 50 # more than this is refused, whatever the mistake
  }
}
