# R is there. That it runs, with its packages, was proved when it was set up:
# its start alone would take longer than a check may.

R --version >/dev/null || die "R does not start on $EC_NODE: install r-base-core again"
