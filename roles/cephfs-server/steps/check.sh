# What can't work is said before anything is made.

count=$(echo "$EC_PARAM_SERVERS" | wc -l)
echo "$EC_PARAM_SERVERS" | grep -qxF "$EC_NODE" ||
    die "$EC_NODE is not among the servers of the Ceph file system: add it to servers, or take the role from it"

case $EC_PARAM_REPLICA in
    *[!0-9]*) die "replica = $EC_PARAM_REPLICA is not a whole number" ;;
esac
[ "$EC_PARAM_REPLICA" -le "$count" ] ||
    die "replica = $EC_PARAM_REPLICA needs as many servers, and there are $count: add servers or lower replica"

size=$(numfmt --from=iec "$EC_PARAM_SIZE") ||
    die "size = \"$EC_PARAM_SIZE\" is no size: write a whole number of M, G or T, as in \"100G\""
[ "$size" -ge 2147483648 ] || die "size = \"$EC_PARAM_SIZE\" is too small for Ceph: 2G is the least"

for disk in $EC_PARAM_DISKS; do
    [ "$disk" = auto ] || [ -b "/dev/${disk#/dev/}" ] ||
        die "$disk is not a disk of $EC_NODE: correct disks, or leave it out to keep the data in a file"
done

# What Ceph keeps in memory: it would take 8 GB, whatever the node has.
# A container without a limit of its own shares a machine and gets the least.
memory=$EC_MEMORY_MB
if [ "$memory" -eq 0 ] && ! systemd-detect-virt --quiet --container; then
    memory=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
fi
between() { if [ "$1" -lt "$2" ]; then echo "$2"; elif [ "$1" -gt "$3" ]; then echo "$3"; else echo "$1"; fi; }
file_put /etc/ceph/ecluster/memory.conf 0644 root:root <<END
osd_memory_target = $(between $((memory / 4)) 896 4096)M
mds_cache_memory_limit = $(between $((memory / 8)) 128 4096)M
END

install -d -m 0755 -o ceph -g ceph /var/lib/ceph/ecluster
/usr/local/lib/ecluster/cephfs-address
