# A further monitor joins those that run. One alone is as good as two, which
# must both be up.

me=$EC_NODE
store=/var/lib/ceph/mon/ceph-$me
answers() { timeout 10 rados --id admin lspools; }

# The others may have been named by the cloud only now.
/usr/local/lib/ecluster/cephfs-address
wait_for 300 "Ceph's monitors (see journalctl -u ceph-mon@$(fact get cephfs.mon) on $(fact get cephfs.mon))" answers

if ! grep -qxF "monitor $me" /etc/ceph/ecluster/names || [ -e "$store/done" ]; then
    exit 0
fi

rm -rf "$store"
map=/etc/ceph/ecluster/monmap
timeout 60 ceph mon getmap -o "$map"
if monmaptool --print "$map" | grep -q " mon\.$me\$"; then
    # A machine of this name was one before, maybe at another address.
    address=$(sed -n 's/^public_addr = //p' /etc/ceph/ceph.conf)
    timeout 60 ceph mon set-addrs "$me" "[v2:$address:3300/0,v1:$address:6789/0]"
    timeout 60 ceph mon getmap -o "$map"
fi
install -d -m 0750 -o ceph -g ceph "$store"
ceph-mon --mkfs -i "$me" --monmap "$map" --keyring /etc/ceph/ecluster/mon.keyring --setuser ceph --setgroup ceph
: >"$store/done"
unit start "ceph-mon@$me.service"
takes_part() { timeout 20 ceph --connect-timeout 15 quorum_status | grep -q "quorum_names.*\"$me\".*quorum_leader_name"; }
wait_for 300 "the monitor of $me (see journalctl -u ceph-mon@$me on $me)" takes_part
