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
    host=$(timeout 10 qhost -h "$EC_NODE" 2>&1) || return 1
    echo "$host" | awk -v name="$EC_NODE" '{ sub(/\..*/, "", $1) } $1 == name && $7 != "-" { found = 1 } END { exit !found }'
}

# An execd that was refused when it booted does not ask again.
up() { cut -d . -f 1 /proc/uptime; }
due=$(($(up) + 10))
came() {
    if reports; then return 0; fi
    if [ "$(up)" -ge "$due" ]; then
        unit restart gridengine-exec.service
        due=$(($(up) + 20))
    fi
    return 1
}
wait_for 150 "$EC_NODE in Grid Engine (\"qhost -q -h $EC_NODE\" says more)" came
