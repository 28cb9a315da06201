# Starts slurmctld, or tells the running one what changed. What it runs with
# is kept aside, so that a run that was cut off after writing the
# configuration still knows that it was not applied.

applied=/var/lib/ecluster/slurm.applied
written=$applied.new
for name in slurm.conf cgroup.conf gres.conf prolog epilog; do
    if [ -e "/etc/slurm/$name" ]; then cat "/etc/slurm/$name"; fi
done >"$written"

# SLURM reads these only at its start.
start_only='^(ClusterName|SlurmctldHost|MaxNodeCount|SelectType|AuthType|AuthAltTypes|AuthAltParameters|StateSaveLocation|SlurmctldPort|SlurmdPort|AccountingStorageType|AccountingStorageTRES|ProctrackType|PriorityType|PreemptType|CgroupPlugin)='
fixed() { grep -iE "$start_only" "$1" || true; }

# The nodes fetch the new configuration when slurmctld tells them to.
tell_nodes() {
    scontrol reconfigure || die "slurmctld refused the new slurm.conf: see /var/log/slurm/slurmctld.log on $EC_NODE"
}

install -d -m 0755 -o slurm -g slurm /var/lib/slurm/slurmctld

# Without accounting slurmctld gives the cluster a number of its own, and
# slurmdbd another one later, with which slurmctld then refuses to start.
named=/var/lib/slurm/slurmctld/clustername
accounts() { grep -qs '^AccountingStorageType=accounting_storage/slurmdbd' "$1"; }
if [ -e "$named" ] && accounts "$written" && ! accounts "$applied"; then
    unit stop slurmctld.service
    rm -f "$named"
fi

if ! unit active slurmctld.service; then
    unit start slurmctld.service
elif ! [ -e "$applied" ] || [ "$(fixed "$written")" != "$(fixed "$applied")" ]; then
    unit restart slurmctld.service
    wait_for 60 slurmctld scontrol ping
    tell_nodes
elif ! cmp -s "$written" "$applied"; then
    tell_nodes
fi

wait_for 60 slurmctld scontrol ping
mv "$written" "$applied"
fact set slurm.controller "$EC_NODE"
