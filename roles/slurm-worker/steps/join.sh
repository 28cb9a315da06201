# Starts slurmd, by which the node joins. A running slurmd is left alone
# unless the node's description changed; what it runs with is kept aside, so
# that a run that was cut off still knows.

applied=/var/lib/ecluster/slurmd.applied

if ! unit active slurmd.service; then
    unit start slurmd.service
elif ! cmp -s /etc/default/slurmd "$applied"; then
    # SLURM keeps the first description of a dynamic node until it is deleted,
    # and deletes none that has jobs.
    if [ -e "$applied" ] && ! scontrol delete "nodename=$EC_NODE"; then
        die "jobs run on $EC_NODE, so its new CPUs and memory can't be announced: run setup again when they have ended"
    fi
    unit restart slurmd.service
fi

joined() {
    state=$(scontrol --oneliner show node "$EC_NODE") || return 1
    echo "$state"
    case $state in
        *NOT_RESPONDING*) return 1 ;;
        *" State=IDLE"* | *" State=MIXED"* | *" State=ALLOCATED"*) return 0 ;;
        *) return 1 ;;
    esac
}
wait_for 60 "$EC_NODE in SLURM (\"scontrol show node $EC_NODE\" on $EC_PARAM_CONTROLLER says more)" joined

cp /etc/default/slurmd "$applied.new"
mv "$applied.new" "$applied"
