unit active slurmdbd.service ||
    die "slurmdbd is not running on $EC_NODE: see /var/log/slurm/slurmdbd.log"
