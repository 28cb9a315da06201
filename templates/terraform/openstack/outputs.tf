locals {
  # What the cloud calls the power state of a server, in ecluster's words.
  states = {
    active            = "running"
    shutoff           = "stopped"
    paused            = "stopped"
    shelved_offloaded = "stopped"
    error             = "error"
    building          = "pending"
  }
}

output "nodes" {
  description = "The nodes that exist"
  value = {
    for name, s in openstack_compute_instance_v2.node : name => {
      id         = s.id
      private_ip = try(openstack_networking_port_v2.node[name].all_fixed_ips[0], "")
      public_ip  = try(openstack_networking_floatingip_v2.node[name].address, "")
      state      = lookup(local.states, coalesce(s.power_state, "active"), "error")
      reason     = coalesce(s.power_state, "active") == "active" ? "" : "its power state is ${s.power_state}"
    }
  }
}
