# Starts slurmd, by which the node joins. A running slurmd is left alone
# unless the node's description changed; what SLURM was told is kept aside, so
# that a run that was cut off still knows.

applied=/var/lib/ecluster/slurmd.applied

# For scontrol while slurmd, and with it the copy of slurm.conf, is away.
export SLURM_CONF_SERVER="$EC_PARAM_CONTROLLER"

# A controller that had stopped is started by its own verify step, meanwhile.
wait_for 60 "slurmctld on $EC_PARAM_CONTROLLER" scontrol ping

# slurmd ends at once when a device file that SLURM counts on is missing. The
# driver's own tool makes them on a machine that nobody has used yet.
n=0
while [ "$n" -lt "$EC_PARAM_GPUS" ]; do
    device=/dev/nvidia$n
    if ! [ -c "$device" ] && command -v nvidia-modprobe >/dev/null; then nvidia-modprobe -u -c="$n" || :; fi
    [ -c "$device" ] ||
        die "$EC_NODE has no $device, but its group promises $EC_PARAM_GPUS GPUs a node: install the driver (role \"cuda\"), or correct the gpu block of the spec"
    n=$((n + 1))
done

known() { scontrol --oneliner show node "$EC_NODE"; }
forget() { ! known || scontrol delete "nodename=$EC_NODE"; }
reserved() { known | grep -q ' ReservationName='; }

# SLURM keeps the first description of a dynamic node until it is deleted, and
# deletes none that has jobs or stands in a reservation.
inherits=
if ! cmp -s /etc/default/slurmd "$applied"; then
    if [ ! -e "$applied" ] && ! unit active slurmd.service && known; then
        # A machine that never joined, under a name that SLURM knows: the jobs
        # of the one before are gone with it.
        scontrol update "nodename=$EC_NODE" state=down reason="replaced by a new machine"
        if reserved; then # the new machine takes over what SLURM has of it
            inherits=yes
        else
            wait_for 60 "SLURM without the former $EC_NODE" forget
        fi
    fi
    [ -n "$inherits" ] || forget ||
        die "jobs run on $EC_NODE, or a reservation keeps it, so its new CPUs and memory can't be announced: run setup again when that has ended"
    unit stop slurmd.service
    cp /etc/default/slurmd "$applied.new"
    mv "$applied.new" "$applied"
fi
unit active slurmd.service || unit start slurmd.service

answers() {
    node=$(known) || return 1
    echo "$node"
    case $node in *NOT_RESPONDING* | *" State=UNKNOWN"*) return 1 ;; esac
}
wait_for 60 "$EC_NODE in SLURM (\"scontrol show node $EC_NODE\" on $EC_PARAM_CONTROLLER says more)" answers
