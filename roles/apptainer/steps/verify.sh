# Apptainer starts.

said=$(apptainer --version 2>&1) || die "apptainer does not start on $EC_NODE: $said"
