cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  node_group "storage" {
    count = 2
    spot  = true
  }
  node_group "five" {
    count = 5
  }
  node_group "none" {
    count = 0
  }
  share "/kept" {
    type = "nfs"
    keep = true
  }
  share "/two" {
    type   = "nfs"
    server = "storage"
  }
  share "/none" {
    type   = "nfs"
    server = "none"
  }
  share "/copies" {
    type    = "glusterfs"
    server  = "storage"
    replica = 3
  }
  share "/odd" {
    type    = "glusterfs"
    server  = "five"
    replica = 2
  }
  share "/unsaid" {
    type   = "glusterfs"
    server = "five"
  }
  share "/pieces" {
    type     = "glusterfs"
    server   = "five"
    disperse = 3
  }
  share "/few" {
    type     = "glusterfs"
    server   = "storage"
    disperse = 3
  }
  share "/both" {
    type     = "glusterfs"
    server   = "five"
    disperse = 5
    replica  = 5
  }
  share "/quota" {
    type  = "glusterfs"
    quota = "10G"
  }
  share "/volume" {
    disks = ["auto"]
  }
  share "/size" {
    type = "nfs"
    size = "10G"
  }
  share "/plenty" {
    type  = "nfs"
    quota = "plenty"
  }
  share "/disks" {
    type  = "nfs"
    disks = ["auto", "sdb"]
  }
  share "/disk" {
    type  = "nfs"
    disks = ["../sdb"]
  }
  share "/same" {
    type  = "nfs"
    disks = ["sdb", "/dev/sdb"]
  }
  share "/managed" {
    type    = "nfs"
    address = "fs-0123.efs.example:/"
    server  = "frontend"
    threads = 4
  }
  share "/address" {
    type    = "nfs"
    address = "https://fs.example"
  }
  share "/inside" {
    type    = "glusterfs"
    address = "fs:/vol"
  }
  share "/outer/inner" {
    type = "nfs"
  }
  share "/outer" {
    type = "nfs"
  }
}
