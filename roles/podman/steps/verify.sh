# Podman starts and finds its configuration; that containers run was proved
# when it was set up.

said=$(podman --version 2>&1) || die "podman does not start on $EC_NODE: $said"
[ -d "$EC_PARAM_STORAGE" ] || die "$EC_PARAM_STORAGE is missing on $EC_NODE: make it again, with mode 1777"
