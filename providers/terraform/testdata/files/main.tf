# A cloud of files, for tests: it needs no provider but Terraform's own. Each
# machine is a file in a folder.

variable "cluster_id" { type = string }

variable "nodes" {
  type = map(object({
    name       = string
    image      = string
    attempt    = string
    attributes = map(string)
    tags       = map(string)
  }))
}

variable "user_data" {
  type      = map(string)
  sensitive = true
}

variable "ssh_from" { type = list(string) }

variable "cloud" {
  type        = string
  description = "The folder"
}

variable "password" {
  type      = string
  sensitive = true
  default   = "none"
}

# Keyed by its name, so that one that does not exist is reported as such.
resource "terraform_data" "image" {
  for_each = toset([for n in var.nodes : n.image])
  input    = each.key

  lifecycle {
    precondition {
      condition     = each.key != "no-such-image"
      error_message = "Image ${each.key} not found."
    }
  }
}

resource "terraform_data" "network" {
  input = { file = "${var.cloud}/${var.cluster_id}.network", from = join(",", var.ssh_from) }

  provisioner "local-exec" { command = "echo made > ${self.input.file}" }
  provisioner "local-exec" {
    when    = destroy
    command = "rm -f ${self.input.file}"
  }
}

resource "terraform_data" "node" {
  for_each         = var.nodes
  input            = { file = "${var.cloud}/${var.cluster_id}.${each.key}", network = terraform_data.network.id }
  triggers_replace = [each.value.attempt, nonsensitive(sha256(var.user_data[each.key]))]

  provisioner "local-exec" {
    command = "sleep ${try(each.value.attributes.seconds, 0)}; ${try(each.value.attributes.fail, "") != "" ? "echo 'quota exceeded, said ${each.value.attributes.fail}' >&2; exit 1" : "echo made > ${self.input.file}"}"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "rm -f ${self.input.file}"
  }
}

output "nodes" {
  value = {
    for name, n in terraform_data.node : name => {
      id         = n.id
      private_ip = "10.0.0.${tonumber(regex("[0-9]+$", name))}"
      public_ip  = ""
    }
  }
}
