# A SLURM cluster of virtual machines on this computer, with QEMU.
#
#     ecluster start qemu                   one frontend and two compute nodes
#     ecluster start qemu --var nodes=4     the same with four compute nodes
#     ecluster ssh qemu                     log in to the frontend
#     ecluster stop qemu                    take all of it away again
#
# Where KVM works, a machine answers within seconds. Else it is emulated and
# takes minutes: then add --boot-timeout 20m.

variable "nodes" {
  type        = number
  default     = 2
  description = "How many compute nodes"
}

provider "qemu" {
  # Part of the image, so that no machine has to install them.
  packages = ["munge", "nfs-common", "nfs-kernel-server", "slurm-client", "slurmctld", "slurmd"]
}

cluster "qemu" {
  provider = provider.qemu

  scheduler "slurm" {}

  # Virtual machines have a kernel of their own, so NFS works between them.
  share "/home" {
    type   = "nfs"
    server = "frontend"
  }

  # Users log in here.
  node_group "frontend" {
    count  = 1
    cpus   = 2
    memory = "2GB"
  }

  # Jobs run here. A boot disk (default 10 GB) takes space only as it fills.
  node_group "compute" {
    count  = var.nodes
    cpus   = 1
    memory = "1GB"
  }
}
