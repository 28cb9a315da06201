# Version 4.2 alone needs one port and no port mapper. The export names the
# cluster's own networks: nothing has to be done when a node joins.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"

file_put "/etc/nfs.conf.d/ecluster-$EC_LABEL.conf" 0644 root:root <<END
# Written by ecluster.
[nfsd]
threads=$EC_PARAM_THREADS
vers2=n
vers3=n
vers4=y
vers4.0=n
vers4.1=n
vers4.2=y
# Clients get their files back sooner after a reboot of this server.
grace-time=30
lease-time=30
END
restart=$CHANGED

to=$EC_PARAM_EXPORT_TO
[ -n "$to" ] || to=$(networks)
[ -n "$to" ] ||
    die "$EC_NODE has no private address, so $EC_PARAM_PATH would be exported to the world: name the networks that may mount it, export_to = [\"198.51.100.0/24\"]"
squash=no_root_squash
[ "$EC_PARAM_ROOT_SQUASH" = false ] || squash=root_squash
line=$EC_PARAM_PATH
for client in $to; do
    line="$line $client(rw,sync,no_subtree_check,sec=sys,$squash)"
done
file_put "/etc/exports.d/ecluster-$EC_LABEL.exports" 0644 root:root <<END
# Written by ecluster.
$line
END

# These serve version 3 only, and remote questions about quotas.
for idle in rpcbind.socket rpcbind.service rpc-statd.service quotarpc.service; do
    systemctl mask --quiet --now "$idle" 2>/dev/null || :
done
if [ -n "$restart" ] || ! unit active nfs-server.service; then
    unit enable nfs-server.service
    # mountd listens for the old versions only, and must learn that they are off.
    unit restart nfs-server.service nfs-mountd.service
fi
exportfs -ra || die "the NFS server refuses the export of $EC_PARAM_PATH; see the log of this step"
fact set "nfs.server.$EC_LABEL" "$EC_NODE"
