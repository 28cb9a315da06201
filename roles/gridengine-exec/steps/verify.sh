# The node is in Grid Engine and its execd runs. What an administrator did to
# it stays: a queue that is disabled is not enabled.

# The commands in /usr/bin are wrappers that find this out each time.
export SGE_ROOT=/var/lib/gridengine SGE_CELL=default PATH="/usr/lib/gridengine:$PATH"

running=$(systemctl is-active gridengine-exec.service || true)
if [ "$running" != active ]; then
    # It is "activating" after a resume, when qmaster came later.
    [ "$running" = activating ] || notice warning "Grid Engine's execd was not running on $EC_NODE; it was started"
    unit start gridengine-exec.service
fi

reports() {
    host=$(qhost -h "$EC_NODE" 2>&1) || return 1
    echo "$host" | awk -v name="$EC_NODE" '{ sub(/\..*/, "", $1) } $1 == name && $7 != "-" { found = 1 } END { exit !found }'
}
# An execd that was refused when it booted does not ask again. qmaster refuses it
# for as long as two minutes if the node has another address than before.
waited=0
until reports; do
    waited=$((waited + 1))
    [ "$waited" -le 150 ] || die "$EC_NODE did not come up in Grid Engine within 150 seconds (\"qhost -q -h $EC_NODE\" says more): ${host##*"
"}"
    [ $((waited % 20)) != 10 ] || unit restart gridengine-exec.service
    sleep 1
done
