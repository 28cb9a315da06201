# A SLURM cluster of virtual machines on this computer (QEMU).
#
# What is likely to differ from one use to the next is a variable. Change the
# defaults below, or say it at the start:
#
#     ecluster start mycluster --var nodes=4 --var memory=2GB
#
# Where KVM does not work the machines are emulated, which is slow: then add
# --boot-timeout 20m.

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

  # Debian packages that are built into the image, so that no machine has to
  # install them. A new list builds a new image, once.
  packages = ["munge", "nfs-common", "nfs-kernel-server", "slurm-client", "slurmctld", "slurmd"]
}

cluster "mycluster" {
  provider = provider.qemu
  image    = "debian-13" # or "debian-12", or the path of a disk image with cloud-init

  scheduler "slurm" {}

  # The frontend serves the homes to all nodes.
  share "/home" {
    type   = "nfs"
    server = "frontend"
  }

  node_group "frontend" {
    count  = 1
    cpus   = 2
    memory = "2GB"
    boot_disk { size_gb = 20 } # takes space only as it fills
  }

  node_group "compute" {
    count  = var.nodes
    cpus   = var.cpus
    memory = var.memory

    # Further, empty disks, here as /scratch:
    #
    # disks = [{ size_gb = 50 }]
    # scratch {}
  }

  limits {
    max_nodes = 20 # more than this is refused, whatever the mistake
  }
}
