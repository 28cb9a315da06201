# A SLURM cluster on this machine: each node is a Docker container.
#
#     ecluster start local                  one frontend and two compute nodes
#     ecluster start local --var nodes=4    the same with four compute nodes
#     ecluster ssh local                    log in to the frontend
#     ecluster stop local                   take all of it away again
#
# To change more than that, save this file as ecluster.hcl in a folder of your
# own, edit it, and run ecluster there: a spec in the current folder comes first.

variable "nodes" {
  type        = number
  default     = 2
  description = "How many compute nodes"
}

cluster "local" {
  provider = provider.docker

  # SLURM: the controller runs on the frontend, jobs run on all other groups.
  # With accounting, sacct tells what became of every job.
  scheduler "slurm" {
    accounting = true
  }

  # Every node sees the same /home. It is deleted with the cluster, unless you
  # add:  keep = true
  share "/home" {
    type = "volume"
  }

  # Users log in here.
  node_group "frontend" {
    count = 1
  }

  # Jobs run here. cpus and memory are the limits of each node, and what SLURM
  # gives to jobs; without them a node sees the whole machine.
  node_group "compute" {
    count  = var.nodes
    cpus   = 1
    memory = "1GB"
  }

  # Packages of Debian that you want on all nodes:
  #
  # role "packages" {
  #   install = ["r-base-core", "python3-numpy"]
  # }
  #
  # A script of your own, run as root on each node at the end of the set-up:
  #
  # role "script" {
  #   run = "after.sh"
  # }
}
