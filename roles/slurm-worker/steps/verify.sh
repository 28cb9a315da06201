# A node that SLURM lost, or gave up, registers again when its slurmd starts.

joined() {
    state=$(scontrol --oneliner show node "$EC_NODE") || return 1
    echo "$state"
    case $state in
        *NOT_RESPONDING*) return 1 ;;
        *" State=IDLE"* | *" State=MIXED"* | *" State=ALLOCATED"*) return 0 ;;
        *) return 1 ;;
    esac
}

if unit active slurmd.service && joined; then
    exit 0
fi
case ${state:-} in
    *NOT_RESPONDING*) ;; # as right after a resume: slurmctld will ask it soon
    *)
        notice warning "$EC_NODE was not in SLURM any more; its slurmd was started anew"
        unit restart slurmd.service
        ;;
esac
wait_for 60 "$EC_NODE in SLURM (\"scontrol show node $EC_NODE\" on $EC_PARAM_CONTROLLER says more)" joined
