# A server gives away what it stores before it goes. When the others have no
# room for a copy of everything, or there is not the time, it must not go.

me=$EC_NODE
replica=$(ceph-conf --lookup osd_pool_default_size)
hosts=$(timeout 10 ceph osd tree -f json | grep -o '"type":"host"' | wc -l)
[ "$hosts" -gt "$replica" ] ||
    die "$me holds data of the Ceph file system, whose $replica copies need $replica servers: add a server first"
