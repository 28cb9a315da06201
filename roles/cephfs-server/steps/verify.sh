# This node's daemons run, and Ceph answers for the file system.

me=$EC_NODE
units=''
for kind in mon mgr mds; do
    [ ! -d "/var/lib/ceph/$kind/ceph-$me" ] || units="$units ceph-$kind@$me.service"
done
read -r stores </var/lib/ceph/ecluster/stores
for id in $stores; do units="$units ceph-osd@$id.service"; done

for name in $units; do
    running=$(systemctl is-active "$name" || true)
    [ "$running" != active ] || continue
    # It is "activating" when the node has just booted.
    [ "$running" = activating ] || notice warning "$name was not running on $me; it was started"
    unit start "$name"
done

# Stored on the servers, under authentication: the first thing that a metadata
# server writes.
answers() { timeout 10 rados --id admin --pool cephfs.meta stat mds0_inotable; }
wait_for 300 "Ceph (\"ceph -s\" on $me says more)" answers
