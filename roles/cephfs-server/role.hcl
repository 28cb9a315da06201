summary   = "A server of a Ceph file system: object store, monitor, manager and metadata server"
doc       = "Every server stores data; the first three also watch over the cluster (one of one or two), and the first two run a manager and a metadata server, one active and one standby. They listen at the address inside the cluster only, and every connection is authenticated with keys that ecluster makes."
platforms = ["debian-13"]

param "servers" {
  type        = list(string)
  required    = true
  description = "The nodes that serve, in an order that stays."
}

param "replica" {
  type        = number
  default     = 0
  description = "On how many servers each byte lies; 0 is three, or the number of servers when there are fewer."
}

param "size" {
  type        = string
  default     = "10G"
  description = "Size of the file that holds a server's data when it has no disks of its own, as in \"100G\"; it may grow later."
}

param "disks" {
  type        = list(string)
  default     = []
  description = "Empty disks of each server that Ceph gets whole, as in \"nvme0n1\"; [\"auto\"] takes all unused ones."
}

packages = { debian = ["ceph-common", "ceph-mds", "ceph-mgr", "ceph-mon", "ceph-osd"] }

secret "cephfs_fsid" { bytes = 16 }
secret "cephfs_mon_key" { bytes = 16 }
secret "cephfs_admin_key" { bytes = 16 }
secret "cephfs_client_key" { bytes = 16 }

# What ceph.conf is made from; the addresses come in where they are known.
file "/etc/ceph/ecluster/server.conf" {
  template = "server.conf.tmpl"
}

file "/etc/ceph/ecluster/names" {
  template = "names.tmpl"
}

file "/usr/local/lib/ecluster/cephfs-address" {
  template = "address.sh"
  mode     = "0755"
}

file "/usr/local/lib/ecluster/ceph-mgr/bcrypt.py" {
  template = "bcrypt.py"
}

file "/etc/systemd/system/ceph-mon@.service.d/ecluster.conf" {
  template = "mon.service.tmpl"
}

file "/etc/systemd/system/ceph-mgr@.service.d/ecluster.conf" {
  template = "mgr.service.tmpl"
}

file "/etc/systemd/system/ceph-mds@.service.d/ecluster.conf" {
  template = "mds.service.tmpl"
}

file "/etc/systemd/system/ceph-osd@.service.d/ecluster.conf" {
  template = "osd.service.tmpl"
}

step "check" {
  phase = "configure"
  run   = "check.sh"
}

step "keys" {
  phase = "configure"
  run   = "keys.sh"
}

# Always: it is how the others learn that there is a monitor, and it mends one
# whose address changed in a pause.
step "mon-first" {
  phase  = "configure"
  run    = "mon-first.sh"
  always = true
}

step "mon-join" {
  phase = "configure"
  run   = "mon-join.sh"
  wait  = ["cephfs.mon"]
}

step "daemons" {
  phase = "configure"
  run   = "daemons.sh"
}

step "store" {
  phase = "configure"
  run   = "store.sh"
}

step "filesystem" {
  phase = "configure"
  run   = "filesystem.sh"
}

step "ready" {
  phase   = "configure"
  run     = "ready.sh"
  exports = ["cephfs.server"]
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}

step "leave" {
  phase = "leave"
  run   = "leave.sh"
}
