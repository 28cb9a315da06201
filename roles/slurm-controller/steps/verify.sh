# slurmctld answers. Right after its start it may take a moment.

running=$(systemctl is-active slurmctld.service || true)
if [ "$running" != active ]; then
    # It is "activating" when the node has just booted.
    [ "$running" = activating ] || notice warning "slurmctld was not running on $EC_NODE; it was started"
    unit start slurmctld.service
fi
wait_for 60 "slurmctld (see /var/log/slurm/slurmctld.log on $EC_NODE)" scontrol ping
