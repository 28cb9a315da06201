# What ecluster hands to a module. See docs/providers/terraform.md.

variable "cluster_id" {
  type        = string
  description = "Identity of the cluster: unique for ever, at most 20 characters of [a-z0-9-]"
}

variable "nodes" {
  type = map(object({
    name           = string
    group          = string
    machine_type   = string
    image          = string
    frontend       = bool
    boot_disk_gb   = number
    boot_disk_type = string
    attributes     = map(string)
    tags           = map(string)
  }))
  description = "The nodes that are to exist, by name"
}

variable "user_data" {
  type        = map(string)
  sensitive   = true
  description = "What each node reads at its first boot (cloud-init), base64, by the name of the node"
}

variable "ssh_from" {
  type        = list(string)
  description = "Networks that may log in"
}

variable "tags" {
  type        = map(string)
  description = "For everything that can carry them"
}

# What the user may set in `variables = { ... }` of the provider block. The
# cloud and its credentials come from the environment (OS_CLOUD and clouds.yaml,
# or OS_AUTH_URL and the like), as for the openstack command.

variable "network" {
  type        = string
  default     = null
  description = "Name of an existing network for the nodes; default: one is made for the cluster"
}

variable "external_network" {
  type        = string
  default     = null
  description = "Name of the network that floating addresses come from, and that the cluster's own network is routed to"
}

variable "floating_ip" {
  type        = bool
  default     = true
  description = "Whether the frontend gets a floating address; without one it must be reachable at its own"
}

variable "cidr" {
  type        = string
  default     = "10.77.0.0/16"
  description = "Addresses of the network that is made for the cluster"
}

variable "dns_servers" {
  type        = list(string)
  default     = []
  description = "Name servers of the network that is made for the cluster; default: the cloud's"
}

variable "availability_zone" {
  type        = string
  default     = null
  description = "Where the nodes boot; default: the cloud's choice"
}

variable "server_group_policy" {
  type        = string
  default     = null
  description = "How nodes of one group are placed: \"soft-affinity\" for short ways, \"soft-anti-affinity\" for safety; default: the cloud's choice"
}
