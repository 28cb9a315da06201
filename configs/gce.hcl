# A SLURM cluster on Google Compute Engine.
#
#     ecluster rehearse gce             its whole life on a simulated cloud, for nothing
#     ecluster start gce                one frontend and two compute nodes
#     ecluster resize gce -a 20:compute
#     ecluster stop gce                 nothing is left behind
#
# It needs credentials (gcloud auth application-default login) and a project:
# theirs, or GOOGLE_CLOUD_PROJECT. To change it, save this file as ecluster.hcl
# in a folder of your own, edit it, and run ecluster there.

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
}

cluster "gce" {
  provider = provider.google
  image    = "debian-13"

  scheduler "slurm" {}

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
  }

  limits {
    ttl = "12h" # the machines delete themselves after that, whatever happens to us
  }
}
