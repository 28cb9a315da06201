summary    = "A server that holds a part of a GlusterFS volume"
doc        = "Several nodes hold one file system together: copied (replica), spread (replica = 1), or both. The first server makes the volume once all of them are up; the others only wait. A server that was away heals by itself when it is back. When the count of the group grows in the spec, the next start gives the new nodes their part."
platforms  = ["debian-12", "debian-13", "ubuntu-24.04"]
repeatable = true

param "path" {
  type        = string
  required    = true
  description = "Where the nodes mount the volume."
}

param "servers" {
  type        = list(string)
  required    = true
  description = "Node names of all servers. Neighbours in this list hold copies of each other."
}

param "replica" {
  type        = number
  default     = 0
  description = "How many copies of each file there are; 1 is none. 0 chooses: as many as there are servers up to three, else sets of three, else of two."
}

param "disperse" {
  type        = number
  default     = 0
  description = "Instead of copies, spread each file in pieces over that many servers, of which one may fail (two from six on)."
}

param "disks" {
  type        = list(string)
  default     = []
  description = "Local disks of each server for the data: names, or \"auto\" for all unused ones. Empty: a folder on the root disk."
}

param "filesystem" {
  type        = string
  default     = "xfs"
  one_of      = ["xfs", "ext4"]
  description = "What the disks are formatted with."
}

param "ping_timeout" {
  type        = number
  default     = 10
  description = "Seconds for which the clients stall before they go on without a server that fell silent."
}

packages = {
  debian = ["glusterfs-server", "attr", "procps", "iproute2"]
}

step "brick" {
  phase = "configure"
  run   = "brick.sh"
}

# It asks the volume itself each time: whether it is whole depends on the others.
step "volume" {
  phase   = "configure"
  run     = "volume.sh"
  always  = true
  timeout = "15m"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}

step "leave" {
  phase = "leave"
  run   = "leave.sh"
}
