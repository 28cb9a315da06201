# A SLURM cluster on Google Compute Engine.
#
# It needs credentials (gcloud auth application-default login) and a project:
# theirs, or GOOGLE_CLOUD_PROJECT. "ecluster plan mycluster" looks at the project
# and its quotas and makes nothing; "ecluster rehearse mycluster" runs the whole
# life of the cluster on a simulated cloud, for nothing.

variable "zone" {
  type        = string
  default     = "us-central1-a"
  description = "Where the nodes boot"
}

variable "nodes" {
  type        = number
  default     = 2
  description = "How many compute nodes"
}

provider "google" {
  zone = var.zone

  # Zones to try in this order while one has no machine free:
  #
  # zones = ["us-central1-a", "us-central1-b"]
}

cluster "mycluster" {
  provider = provider.google
  image    = "debian-13" # or debian-12, ubuntu-24.04, rocky-9, or one of your own

  scheduler "slurm" {
    accounting = true # keeps a record of every job: sacct
  }

  # Users log in here.
  node_group "frontend" {
    count        = 1
    machine_type = "e2-standard-2"
  }

  # Jobs run here. Spot machines cost a fraction and may be taken back at any
  # time: SLURM then runs the job again, and ecluster start replaces the node.
  node_group "compute" {
    count        = var.nodes
    machine_type = "n2-standard-4"
    spot         = true

    # disks     = [{ size_gb = 500, type = "pd-ssd" }] # empty; they go with the node
    # placement = "compact"                            # close together, for MPI
  }

  # GPUs:
  #
  # node_group "gpu" {
  #   count        = 1
  #   machine_type = "n1-standard-8"
  #   image        = "ubuntu-24.04-gpu"
  #   gpu {
  #     type  = "nvidia-tesla-t4"
  #     count = 1
  #   }
  # }

  limits {
    max_nodes = 50    # more than this is refused, whatever the mistake
    ttl       = "12h" # the machines delete themselves after that, whatever happens to us
  }
}
