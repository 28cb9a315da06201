# The node exporter, at the address of the node inside the cluster.

unit start prometheus-node-exporter.service
