# The first monitor of the cluster, which the others join. A node whose monitor
# is there already only looks whether it takes part.

me=$EC_NODE
store=/var/lib/ceph/mon/ceph-$me

answers() { timeout 10 rados --id admin lspools; }

# Names may follow new addresses late: a monitor that began with old ones
# begins again.
known=/var/lib/ceph/ecluster/addresses
meets() {
    answers && return 0
    before=$(cat "$known")
    /usr/local/lib/ecluster/cephfs-address
    [ "$before" = "$(cat "$known")" ] || systemctl restart "ceph-mon@$me.service"
    return 1
}

if [ -e "$store/done" ]; then
    if unit active "ceph-mon@$me.service" && answers >/dev/null 2>&1; then
        unchanged
    else
        # Before it starts, it is told the addresses of today.
        unit restart "ceph-mon@$me.service"
        wait_for 300 "Ceph (most of its monitors must be up: see \"journalctl -u ceph-mon@$me\" on $me)" meets
    fi
    fact set cephfs.mon "$me"
    exit 0
fi

first=$(echo "$EC_PARAM_SERVERS" | head -n 1)
if [ "$first" != "$me" ]; then
    unchanged
    exit 0
fi

# Where others run, this machine replaces one, and joins them as they did.
for name in $EC_PARAM_SERVERS; do
    if [ "$name" != "$me" ] && timeout 3 bash -c "exec 3<>/dev/tcp/$name/3300" 2>/dev/null; then
        fact set cephfs.mon "$name"
        exit 0
    fi
done

rm -rf "$store"
address=$(sed -n 's/^public_addr = //p' /etc/ceph/ceph.conf)
map=/etc/ceph/ecluster/monmap
rm -f "$map"
monmaptool --create --fsid "$(ceph-conf --lookup fsid)" --addv "$me" "[v2:$address:3300,v1:$address:6789]" "$map"
install -d -m 0750 -o ceph -g ceph "$store"
ceph-mon --mkfs -i "$me" --monmap "$map" --keyring /etc/ceph/ecluster/mon.keyring --setuser ceph --setgroup ceph
: >"$store/done"
unit start "ceph-mon@$me.service"
wait_for 300 "the first monitor (see journalctl -u ceph-mon@$me on $me)" answers
fact set cephfs.mon "$me"
