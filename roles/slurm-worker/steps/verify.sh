# The node is in SLURM and answers. What an administrator did to it stays: a
# node that is drained, down or reserved is not given back.

# For scontrol while slurmd, and with it the copy of slurm.conf, is away.
export SLURM_CONF_SERVER="$EC_PARAM_CONTROLLER"

known() {
    node=$(scontrol --oneliner show node "$EC_NODE") && echo "$node"
}
answers() {
    known || return 1
    case $node in *NOT_RESPONDING* | *" State=UNKNOWN"*) return 1 ;; esac
}

running=$(systemctl is-active slurmd.service || true)
if [ "$running" != active ]; then
    # It is "activating" after a resume, when the controller came later.
    [ "$running" = activating ] || notice warning "slurmd was not running on $EC_NODE; it was started"
    wait_for 60 "slurmctld on $EC_PARAM_CONTROLLER" scontrol ping
    unit start slurmd.service
elif ! known >/dev/null && scontrol ping >/dev/null; then
    # A node that slurmctld lost registers again when its slurmd starts.
    notice warning "SLURM did not know $EC_NODE any more; its slurmd was started anew"
    unit restart slurmd.service
fi
# Before 23.11 SLURM keeps the address with which a node came first, although it
# may be another node's after a resume.
controller=$(getent ahostsv4 "$EC_PARAM_CONTROLLER" | awk 'NR == 1 { print $1 }')
address=$(ip -4 -oneline route get "$controller" | sed -n 's/.* src \([0-9.]*\).*/\1/p')
case ${address:+$(known)} in
    *" NodeAddr=$address "*) ;;
    *" NodeAddr="[0-9]*) scontrol update "nodename=$EC_NODE" "nodeaddr=$address" ;;
esac
# It may take a while after a resume: slurmctld asks the node when it pleases.
wait_for 60 "$EC_NODE in SLURM (\"scontrol show node $EC_NODE\" on $EC_PARAM_CONTROLLER says more)" answers

state=${node#* State=}
state=${state%% *}
case $state in
    *DRAIN*) ;; # the probe of the scheduler tells of it, with the reason
    *DOWN* | *FAIL* | *INVAL*)
        reason=$(echo "$node" | sed -n 's/.* Reason=\(.*\) \[.*/\1/p')
        notice warning "$EC_NODE is ${state%+DYNAMIC_NORM} in SLURM (${reason:-no reason given}) and is left so: \"scontrol update nodename=$EC_NODE state=resume\" gives it back"
        ;;
    *MAINT* | *RESERVED*)
        notice info "$EC_NODE is reserved in SLURM: \"scontrol show reservation\" says for whom"
        ;;
esac
