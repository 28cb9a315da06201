# The keys of the administrator, of the monitors and of the clients, in Ceph's
# form: type 1, no time, a length of 16, and the secret.

cephx() {
    { printf '\001\000\000\000\000\000\000\000\000\000\020\000' && cat "$EC_SECRETS/$1"; } | base64 -w 0
}

file_put /etc/ceph/ceph.client.admin.keyring 0600 root:root <<END
[client.admin]
	key = $(cephx cephfs_admin_key)
	caps mds = "allow *"
	caps mgr = "allow *"
	caps mon = "allow *"
	caps osd = "allow *"
END

# What a new monitor begins with.
file_put /etc/ceph/ecluster/mon.keyring 0600 ceph:ceph <<END
[mon.]
	key = $(cephx cephfs_mon_key)
	caps mon = "allow *"
$(cat /etc/ceph/ceph.client.admin.keyring)
[client.ecluster]
	key = $(cephx cephfs_client_key)
	caps mds = "allow rwp fsname=cephfs"
	caps mon = "allow r fsname=cephfs"
	caps osd = "allow rw tag cephfs data=cephfs"
END
