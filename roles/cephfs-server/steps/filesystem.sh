# The pools and the file system, from the first server. What is there already
# stays; a new replica changes the pools.

[ "$(echo "$EC_PARAM_SERVERS" | head -n 1)" = "$EC_NODE" ] || exit 0

replica=$(ceph-conf --lookup osd_pool_default_size)

pool() { timeout 60 ceph osd pool create "$1" --pg-num "$2" --size "$replica" ${3:+"$3"}; }
sure=''
[ "$replica" -gt 1 ] || sure=--yes-i-really-mean-it

pool cephfs.meta 16
pool cephfs.data 32
timeout 60 ceph osd pool ls detail | sed -n "s/^pool [0-9]* '\([^']*\)' replicated size \([0-9]*\) .*/\1 \2/p" |
    while read -r name size; do
        [ "$size" = "$replica" ] || timeout 60 ceph osd pool set "$name" size "$replica" $sure
    done
timeout 60 ceph fs new cephfs cephfs.meta cephfs.data
[ "$(echo "$EC_PARAM_SERVERS" | wc -l)" -gt 1 ] || timeout 60 ceph fs set cephfs standby_count_wanted 0
