# What ecluster hands to a module. See docs/providers/terraform.md.

variable "cluster_id" {
  type        = string
  description = "Identity of the cluster: unique for ever, at most 20 characters of [a-z0-9-]"
}

variable "nodes" {
  type = map(object({
    name       = string
    image      = string
    frontend   = bool
    expires    = string
    devices    = list(string)
    attributes = map(string)
    tags       = map(string)
  }))
  description = "The nodes that are to exist, by name"
}

variable "tags" {
  type        = map(string)
  description = "Labels of everything that the cluster is made of"
}

variable "admin_user" {
  type        = string
  description = "Who ecluster logs in as; must be able to become root"
}

variable "authorized_key" {
  type        = string
  description = "Public key of whoever sets the nodes up; empty while there are no nodes"
}

variable "host_key" {
  type        = string
  sensitive   = true
  description = "Private host key (OpenSSH, ed25519) that the nodes present at first"
}

# What the user may set in `variables = { ... }` of the provider block.

variable "host" {
  type        = string
  default     = null
  description = "The Docker engine, as in DOCKER_HOST; default: DOCKER_HOST, or the local socket"
}

variable "publish_on" {
  type        = string
  default     = "127.0.0.1"
  description = "Address of the engine's machine at which port 22 of the frontend is published"
}
