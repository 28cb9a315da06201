# A managed file system as the home, one that all servers hold together, and
# a share within another.
cluster "shares" {
  provider = provider.test
  share "/home" {
    type    = "nfs"
    address = "fs-0123.efs.example:/export"
    options = ["noatime"]
  }
  share "/data/raw" {
    type    = "glusterfs"
    server  = "storage"
    options = ["noatime"]
  }
  share "/data" {
    type    = "nfs"
    threads = 4
    quota   = "10G"
  }
  share "/vault" {
    type = "vault"
    keep = true
  }
  node_group "frontend" { count = 1 }
  node_group "storage" { count = 2 }
  node_group "compute" {
    count = 1
    scratch {
      disks = ["nvme1n1", "nvme2n1"]
    }
  }
  scratch {
    path       = "/local"
    filesystem = "ext4"
    stripe     = false
  }
}
