# The file system is mounted and its servers answer.

path=$EC_PARAM_PATH
unit=ecluster-cephfs.service

answers() { mountpoint -q "$path" && timeout 10 stat "$path/." >/dev/null; }

# The servers may be coming back too, so one attempt is not the last.
mounts() { answers || { systemctl start "$unit" && answers; }; }

if ! answers; then
    running=$(systemctl is-active "$unit" || true)
    # It is "activating" when the node has just booted.
    [ "$running" = activating ] || notice warning "$path was not mounted on $EC_NODE; it was mounted"
    [ "$running" != active ] || systemctl stop "$unit" || true
    wait_for 300 "$path on $EC_NODE (see journalctl -u $unit there)" mounts
fi
