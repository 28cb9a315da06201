# Nodes are containers of a Docker engine: systemd as process 1, sshd, and the
# user that ecluster logs in as. An image must have systemd, sshd and sudo.

terraform {
  required_version = ">= 1.3"
  required_providers {
    docker = {
      source  = "kreuzwerker/docker"
      version = ">= 3.0"
    }
  }
}

provider "docker" {
  host = var.host
}

locals {
  # systemd needs a cgroup tree of its own that it may write to, and the image
  # knows nothing of our user. Both are seen to before systemd starts.
  boot = <<-EOT
    user=${var.admin_user}
    id $user >/dev/null 2>&1 || useradd --system --user-group --create-home --shell /bin/bash $user
    install -d -m 0700 -o $user -g $user /home/$user/.ssh
    install -m 0600 -o $user -g $user /etc/ecluster/authorized_keys /home/$user/.ssh/authorized_keys
    if [ -e /etc/systemd/system/ecluster-expiry.timer ]; then
      mkdir -p /etc/systemd/system/timers.target.wants
      ln -sf ../ecluster-expiry.timer /etc/systemd/system/timers.target.wants/
    fi
    cg=/sys/fs/cgroup
    if [ -e $cg/cgroup.controllers ]; then
      mount -o remount,rw,nosuid,nodev,noexec $cg && exec /sbin/init
    fi
    umount -R $cg
    mount -t cgroup2 -o rw,nosuid,nodev,noexec cgroup2 $cg && exec /sbin/init
    echo "this node can't have a writable cgroup2 file system" >&2
    exit 70
  EOT
}

# Keyed by its name, an image that does not exist is reported as such.
data "docker_image" "node" {
  for_each = toset([for n in var.nodes : n.image])
  name     = each.key
}

resource "docker_network" "cluster" {
  name = "ecluster-${var.cluster_id}"

  dynamic "labels" {
    for_each = var.tags
    content {
      label = labels.key
      value = labels.value
    }
  }
}

resource "docker_container" "node" {
  for_each = var.nodes

  name          = "ecluster-${var.cluster_id}-${each.key}"
  hostname      = each.key
  image         = data.docker_image.node[each.value.image].id
  entrypoint    = ["/bin/sh", "-c", local.boot]
  env           = ["container=docker"]
  stop_signal   = "SIGRTMIN+3"
  cgroupns_mode = "private"
  security_opts = ["seccomp=unconfined"]
  tmpfs         = { "/run" = "", "/run/lock" = "" }
  memory        = try(tonumber(each.value.attributes.memory_mb), null)
  memory_swap   = try(tonumber(each.value.attributes.memory_mb), null) # none: a job that needs more must fail, not crawl
  cpu_shares    = try(tonumber(each.value.attributes.cpu_shares), null)

  destroy_grace_seconds = 0

  capabilities {
    add = ["CAP_SYS_ADMIN"]
  }

  networks_advanced {
    name    = docker_network.cluster.name
    aliases = [each.key]
  }

  dynamic "ports" {
    for_each = each.value.frontend ? [22] : []
    content {
      internal = ports.value
      ip       = var.publish_on
    }
  }

  dynamic "devices" {
    for_each = each.value.devices
    content {
      host_path      = devices.value
      container_path = devices.value
      permissions    = "rwm"
    }
  }

  dynamic "labels" {
    for_each = each.value.tags
    content {
      label = labels.key
      value = labels.value
    }
  }

  upload {
    file        = "/etc/ssh/ssh_host_ed25519_key"
    content     = var.host_key
    permissions = "0600"
  }
  upload {
    # The only host key, even if the image has others.
    file        = "/etc/ssh/sshd_config.d/00-ecluster-hostkey.conf"
    content     = "HostKey /etc/ssh/ssh_host_ed25519_key\n"
    permissions = "0644"
  }
  upload {
    file        = "/etc/ecluster/authorized_keys"
    content     = "${var.authorized_key}\n"
    permissions = "0600"
  }
  upload {
    file        = "/etc/sudoers.d/${var.admin_user}"
    content     = "${var.admin_user} ALL=(ALL) NOPASSWD:ALL\n"
    permissions = "0440"
  }

  # The node halts by itself when its time is over, whoever remembers it.
  dynamic "upload" {
    for_each = each.value.expires == "" ? {} : {
      service = "[Service]\nType=oneshot\nExecStart=/bin/systemctl poweroff\n"
      timer   = "[Timer]\nOnCalendar=${formatdate("YYYY-MM-DD hh:mm:ss", each.value.expires)} UTC\nAccuracySec=10s\n"
    }
    content {
      file        = "/etc/systemd/system/ecluster-expiry.${upload.key}"
      content     = upload.value
      permissions = "0644"
    }
  }

  # A running node is never made anew because something about it would be
  # written differently today.
  lifecycle {
    ignore_changes = [image, entrypoint, upload]
  }
}
