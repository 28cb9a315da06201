# slurmctld answers. Right after its start it may take a moment.

if ! unit active slurmctld.service; then
    notice warning "slurmctld was not running on $EC_NODE; it was started"
    unit start slurmctld.service
fi
wait_for 60 "slurmctld (see /var/log/slurm/slurmctld.log on $EC_NODE)" scontrol ping
