# A node that SLURM lost registers again when its slurmd starts.

joined() {
    unit active slurmd.service || return 1
    state=$(scontrol --oneliner show node "$EC_NODE") || return 1
    case $state in
        *NOT_RESPONDING*) return 1 ;;
        *" State=IDLE"* | *" State=MIXED"* | *" State=ALLOCATED"*) return 0 ;;
        *) return 1 ;;
    esac
}

if ! joined; then
    notice warning "$EC_NODE was not in SLURM any more; slurmd is started anew"
    unit restart slurmd.service
    wait_for 60 "$EC_NODE to join SLURM; \"scontrol show node $EC_NODE\" on $EC_PARAM_CONTROLLER says why it does not" joined
fi
