# qmaster answers. Right after its start it may take a moment.

# The commands in /usr/bin are wrappers that find this out each time.
export SGE_ROOT=/var/lib/gridengine SGE_CELL=default PATH="/usr/lib/gridengine:$PATH"

running=$(systemctl is-active gridengine-master.service || true)
if [ "$running" != active ]; then
    # It is "activating" when the node has just booted.
    [ "$running" = activating ] || notice warning "Grid Engine's qmaster was not running on $EC_NODE; it was started"
    unit start gridengine-master.service
fi
wait_for 60 "Grid Engine's qmaster (see /var/spool/gridengine/qmaster/messages on $EC_NODE)" qconf -sh
