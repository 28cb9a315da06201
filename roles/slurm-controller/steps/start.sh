# Starts slurmctld, or tells the running one what changed. What it runs with
# is kept aside, so that a run that was cut off after writing the
# configuration still knows that it was not applied.

applied=/var/lib/ecluster/slurm.applied
written=$applied.new
cat /etc/slurm/slurm.conf /etc/slurm/cgroup.conf >"$written"

# SLURM reads these only at its start.
start_only='^(ClusterName|SlurmctldHost|MaxNodeCount|SelectType|AuthType|StateSaveLocation|SlurmctldPort|SlurmdPort|AccountingStorageType|ProctrackType|CgroupPlugin)='
fixed() { grep -iE "$start_only" "$1" || true; }

install -d -m 0755 -o slurm -g slurm /var/lib/slurm/slurmctld

if ! unit active slurmctld.service; then
    unit start slurmctld.service
elif ! [ -e "$applied" ] || [ "$(fixed "$written")" != "$(fixed "$applied")" ]; then
    unit restart slurmctld.service
elif ! cmp -s "$written" "$applied"; then
    scontrol reconfigure || die "slurmctld refused the new slurm.conf: see /var/log/slurm/slurmctld.log on $EC_NODE"
fi

wait_for 60 slurmctld scontrol ping
mv "$written" "$applied"
fact set slurm.controller "$EC_NODE"
