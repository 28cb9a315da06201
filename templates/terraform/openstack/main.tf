# Nodes are servers of an OpenStack cloud, in a network of their own or an
# existing one; images must have cloud-init. A group may set in `attributes`:
# availability_zone.

terraform {
  required_version = ">= 1.3"
  required_providers {
    openstack = {
      source  = "terraform-provider-openstack/openstack"
      version = ">= 2.0"
    }
  }
}

provider "openstack" {}

locals {
  name        = "ecluster-${var.cluster_id}"
  own_network = var.network == null
  network_id  = local.own_network ? openstack_networking_network_v2.cluster[0].id : data.openstack_networking_network_v2.existing[0].id
  labels      = [for key, value in var.tags : "${key}=${value}"]
  groups      = var.server_group_policy == null ? toset([]) : toset([for n in var.nodes : n.group])
  public      = var.floating_ip && var.external_network != null ? { for name, n in var.nodes : name => n if n.frontend } : {}
}

# Keyed by their names, an image or a flavor that does not exist is reported as
# such before anything is made.
data "openstack_images_image_v2" "node" {
  for_each    = toset([for n in var.nodes : n.image])
  name        = each.key
  most_recent = true
}

data "openstack_compute_flavor_v2" "node" {
  for_each = toset([for n in var.nodes : n.machine_type])
  name     = each.key
}

# --- network ---

data "openstack_networking_network_v2" "existing" {
  count = local.own_network ? 0 : 1
  name  = var.network
}

data "openstack_networking_network_v2" "external" {
  count    = var.external_network == null ? 0 : 1
  name     = var.external_network
  external = true
}

resource "openstack_networking_network_v2" "cluster" {
  count = local.own_network ? 1 : 0
  name  = local.name
  tags  = local.labels
}

resource "openstack_networking_subnet_v2" "cluster" {
  count           = local.own_network ? 1 : 0
  name            = local.name
  network_id      = openstack_networking_network_v2.cluster[0].id
  cidr            = var.cidr
  ip_version      = 4
  dns_nameservers = var.dns_servers
  tags            = local.labels
}

resource "openstack_networking_router_v2" "cluster" {
  count               = local.own_network && var.external_network != null ? 1 : 0
  name                = local.name
  external_network_id = data.openstack_networking_network_v2.external[0].id
  tags                = local.labels
}

resource "openstack_networking_router_interface_v2" "cluster" {
  count     = length(openstack_networking_router_v2.cluster)
  router_id = openstack_networking_router_v2.cluster[0].id
  subnet_id = openstack_networking_subnet_v2.cluster[0].id
}

# --- who may reach the nodes: the user by SSH, and they each other ---

resource "openstack_networking_secgroup_v2" "cluster" {
  name        = local.name
  description = "Nodes of a cluster of ecluster"
  tags        = local.labels
}

resource "openstack_networking_secgroup_rule_v2" "ssh" {
  for_each          = toset(var.ssh_from)
  direction         = "ingress"
  ethertype         = can(regex(":", each.key)) ? "IPv6" : "IPv4"
  protocol          = "tcp"
  port_range_min    = 22
  port_range_max    = 22
  remote_ip_prefix  = each.key
  security_group_id = openstack_networking_secgroup_v2.cluster.id
}

resource "openstack_networking_secgroup_rule_v2" "inside" {
  for_each          = toset(["IPv4", "IPv6"])
  direction         = "ingress"
  ethertype         = each.key
  remote_group_id   = openstack_networking_secgroup_v2.cluster.id
  security_group_id = openstack_networking_secgroup_v2.cluster.id
}

# --- nodes ---

resource "openstack_compute_servergroup_v2" "group" {
  for_each = local.groups
  name     = "${local.name}-${each.key}"
  policies = [var.server_group_policy]
}

resource "openstack_networking_port_v2" "node" {
  for_each           = var.nodes
  name               = "${local.name}-${each.key}"
  network_id         = local.network_id
  security_group_ids = [openstack_networking_secgroup_v2.cluster.id]
  admin_state_up     = true
  tags               = [for key, value in each.value.tags : "${key}=${value}"]

  depends_on = [openstack_networking_subnet_v2.cluster]
}

resource "openstack_compute_instance_v2" "node" {
  for_each          = var.nodes
  name              = each.key
  flavor_id         = data.openstack_compute_flavor_v2.node[each.value.machine_type].id
  image_id          = each.value.boot_disk_gb > 0 ? null : data.openstack_images_image_v2.node[each.value.image].id
  availability_zone = lookup(each.value.attributes, "availability_zone", var.availability_zone)
  user_data         = base64decode(var.user_data[each.key])
  config_drive      = true
  metadata          = each.value.tags

  network {
    port = openstack_networking_port_v2.node[each.key].id
  }

  dynamic "block_device" {
    for_each = each.value.boot_disk_gb > 0 ? [each.value] : []
    content {
      uuid                  = data.openstack_images_image_v2.node[each.value.image].id
      source_type           = "image"
      destination_type      = "volume"
      volume_size           = block_device.value.boot_disk_gb
      volume_type           = block_device.value.boot_disk_type != "" ? block_device.value.boot_disk_type : null
      boot_index            = 0
      delete_on_termination = true
    }
  }

  dynamic "scheduler_hints" {
    for_each = var.server_group_policy == null ? [] : [each.value.group]
    content {
      group = openstack_compute_servergroup_v2.group[scheduler_hints.value].id
    }
  }

  # A node that is in use is never made anew because an image was refreshed or
  # its boot data would be written differently today.
  lifecycle {
    ignore_changes = [image_id, block_device, user_data]
  }
}

resource "openstack_networking_floatingip_v2" "node" {
  for_each = local.public
  pool     = var.external_network
  tags     = [for key, value in each.value.tags : "${key}=${value}"]
}

resource "openstack_networking_floatingip_associate_v2" "node" {
  for_each    = local.public
  floating_ip = openstack_networking_floatingip_v2.node[each.key].address
  port_id     = openstack_networking_port_v2.node[each.key].id

  depends_on = [openstack_networking_router_interface_v2.cluster]
}
