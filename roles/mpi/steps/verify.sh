# mpirun is there and whole: it finds its own library and its helper.

said=$(mpirun --version 2>&1) || die "mpirun does not start on $EC_NODE: $said"
