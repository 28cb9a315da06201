# A server goes when the others have all that it holds; ecluster itself removes
# no server of a share, but a role may stand in a block of its own.

me=$EC_NODE
read -r stores </var/lib/ceph/ecluster/stores || exit 0 # it holds nothing

for id in $stores; do
    timeout 10 ceph osd safe-to-destroy "$id" ||
        die "$me holds data of the Ceph file system that no other server has a copy of: run \"ceph osd out $id\" on it, and remove it when \"ceph osd safe-to-destroy $id\" agrees"
done
for id in $stores; do
    systemctl disable --now "ceph-osd@$id.service"
    timeout 10 ceph osd purge "$id" --yes-i-really-mean-it
done
systemctl disable --now "ceph-mds@$me.service" "ceph-mgr@$me.service" || true
if [ -e "/var/lib/ceph/mon/ceph-$me/done" ]; then
    timeout 10 ceph mon remove "$me"
    systemctl disable --now "ceph-mon@$me.service"
fi
