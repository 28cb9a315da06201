# Starts slurmd, by which the node joins. A running slurmd is left alone
# unless the node's description changed.

applied=/var/lib/ecluster/slurmd.applied

if ! unit active slurmd.service; then
    unit start slurmd.service
elif ! cmp -s /etc/default/slurmd "$applied"; then
    unit restart slurmd.service
fi

joined() { scontrol --oneliner show node "$EC_NODE" | grep -Eq ' State=(IDLE|MIXED|ALLOCATED|COMPLETING)'; }
wait_for 60 "$EC_NODE to be idle in sinfo" joined
cp /etc/default/slurmd "$applied"
