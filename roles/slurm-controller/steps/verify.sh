scontrol ping >/dev/null ||
    die "slurmctld does not answer on $EC_NODE: see /var/log/slurm/slurmctld.log"
