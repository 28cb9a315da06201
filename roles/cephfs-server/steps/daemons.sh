# A manager and a metadata server on each of the first two servers: one of them
# is active, the other takes over within seconds.

me=$EC_NODE
echo "$EC_PARAM_SERVERS" | head -n 2 | grep -qxF "$me" || exit 0

# member KIND CAPS... gives a daemon of this node its key, once.
member() {
    kind=$1
    shift
    folder=/var/lib/ceph/$kind/ceph-$me
    install -d -m 0750 -o ceph -g ceph "$folder"
    if [ ! -s "$folder/keyring" ]; then
        key=$(timeout 60 ceph auth get-or-create "$kind.$me" "$@") ||
            die "Ceph's monitors give no key to $kind.$me: \"ceph -s\" on $me says more"
        file_put "$folder/keyring" 0600 ceph:ceph <<END
$key
END
    fi
    unit start "ceph-$kind@$me.service"
}

member mgr mon 'allow profile mgr' osd 'allow *' mds 'allow *'
member mds mon 'allow profile mds' osd 'allow rwx' mds 'allow *' mgr 'allow profile mds'
