output "nodes" {
  description = "The nodes that exist"
  value = {
    for name, c in docker_container.node : name => {
      id         = substr(c.id, 0, 12)
      private_ip = try(c.network_data[0].ip_address, "")
      public_ip  = ""
      # The provider says of a stopped container that it need not run.
      state = c.must_run ? "running" : "stopped"
      # Addresses of containers can be reached from the engine's machine only;
      # elsewhere the frontend's published port can.
      endpoints = concat(
        [for n in c.network_data : "${n.ip_address}:22" if n.ip_address != ""],
        [for p in c.ports : "${var.publish_on}:${p.external}" if p.internal == 22],
      )
    }
  }
}
