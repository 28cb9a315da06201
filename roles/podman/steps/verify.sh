# Podman starts and finds its configuration; that containers run was proved
# when it was set up.

said=$(podman --version 2>&1) || die "podman does not start on $EC_NODE: $said"
