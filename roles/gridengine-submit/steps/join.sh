# qmaster answers this node, which it does when it takes the node for the one
# that the frontend admitted. What it remembers of addresses may be old, and it
# may be starting.

# The commands in /usr/bin are wrappers that find this out each time.
export SGE_ROOT=/var/lib/gridengine SGE_CELL=default PATH="/usr/lib/gridengine:$PATH"

welcome() { qconf -sh; }
refused() { qconf -sh 2>&1 | grep -qE "denied|can't resolve"; }

if refused; then
    wait_for 150 "the cluster's name for $EC_NODE at Grid Engine on $EC_FRONTEND (\"getent hosts $EC_NODE\" there must print an address, and that address must lead back to $EC_NODE)" welcome
fi
wait_for 60 "Grid Engine's qmaster (see /var/spool/gridengine/qmaster/messages on $EC_FRONTEND)" welcome
