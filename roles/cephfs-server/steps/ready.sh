# The file system is there for the clients once a metadata server is active.

active() { timeout 20 ceph --connect-timeout 15 mds stat | grep -q 'cephfs:1 .*=up:active'; }
wait_for 300 "the file system (\"ceph -s\" on $EC_NODE says more)" active
fact set cephfs.server "$(echo "$EC_PARAM_SERVERS" | head -n 1)"
