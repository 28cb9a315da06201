# Enters this node into Grid Engine and starts its execd. Every change is one
# attribute, so that nodes that join at the same time don't undo each other.

# The commands in /usr/bin are wrappers that find this out each time.
export SGE_ROOT=/var/lib/gridengine SGE_CELL=default PATH="/usr/lib/gridengine:$PATH"

# ask OPTION… runs qconf, whose words are the message when it refuses. qmaster is
# away for some seconds when it starts again with the name service.
answered() {
    if answer=$(qconf "$@" 2>&1); then return 0; fi
    case $answer in *"commlib error"* | *"contact qmaster"* | *"to qmaster"*) return 1 ;; esac
    die "qmaster on $EC_FRONTEND refused \"qconf $*\" of $EC_NODE: $(echo "$answer" | tail -n 1)"
}
ask() {
    wait_for 60 "Grid Engine's qmaster (see /var/spool/gridengine/qmaster/messages on $EC_FRONTEND)" answered "$@"
    echo "$answer"
}
known() { qconf -sel | sed 's/\..*//' | grep -qxF "$EC_NODE"; }

# A twentieth of the memory and 64 MB are left to the system.
cpus=$EC_CPUS
[ "$cpus" -gt 0 ] || cpus=$(nproc)
memory=$EC_MEMORY_MB
[ "$memory" -gt 0 ] || memory=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
memory=$((memory - memory / 20 - 64))
has="slots=$cpus,h_vmem=${memory}M,node_mem=${memory}M,gpu=$EC_PARAM_GPUS"

joined=/var/lib/ecluster/gridengine.joined
if [ ! -e "$joined" ] && ! unit active gridengine-exec.service && known; then
    # A machine that never joined, under a name that qmaster knows: the jobs of
    # the one before are gone with it, and run again unless their owners forbade.
    for job in $(qmod -rq "*@$EC_NODE" 2>&1 | sed -n 's/.* \([0-9][0-9.]*\) is not restartable.*/\1/p'); do
        qdel -f "$job" || true
    done
fi

if ! known; then
    cat >"$EC_DIR/gridengine-host" <<END
hostname           $EC_NODE
load_scaling       NONE
complex_values     NONE
user_lists         NONE
xuser_lists        NONE
projects           NONE
xprojects          NONE
usage_scaling      NONE
report_variables   NONE
END
    qconf -Ae "$EC_DIR/gridengine-host" || known || ask -Ae "$EC_DIR/gridengine-host"
fi
ask -rattr exechost complex_values "$has" "$EC_NODE"
ask -aattr hostgroup hostlist "$EC_NODE" "@$EC_PARAM_GROUP"
for queue in $EC_PARAM_QUEUES; do
    ask -mattr queue slots "$cpus" "$queue@$EC_NODE"
done

# Until systemd has read our unit it knows the package's start script, which
# may have tried its luck when the machine booted.
if [ "$(systemctl show --property=FragmentPath --value gridengine-exec.service)" != /etc/systemd/system/gridengine-exec.service ]; then
    systemctl stop gridengine-exec.service
    systemctl daemon-reload
fi
unit start gridengine-exec.service
reports() { qhost -h "$EC_NODE" | awk -v name="$EC_NODE" '{ sub(/\..*/, "", $1) } $1 == name && $7 != "-" { found = 1 } END { exit !found }'; }
wait_for 60 "$EC_NODE in Grid Engine (see /var/spool/gridengine/execd/$EC_NODE/messages)" reports
: >"$joined"
