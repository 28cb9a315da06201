# Which client this node can have, before anybody waits for a server.

has_kernel() { grep -qw ceph /proc/filesystems || modprobe -q ceph 2>/dev/null; }
has_fuse() { [ -c /dev/fuse ]; }

case $EC_PARAM_CLIENT in
    kernel) has_kernel || die "the kernel of $EC_NODE has no Ceph file system: leave client out, so that it takes ceph-fuse" ;;
    fuse) has_fuse || die "$EC_NODE has no /dev/fuse, which client = \"fuse\" needs: leave client out, or take a share of another type" ;;
    *)
        has_kernel || has_fuse ||
            die "the kernel of $EC_NODE has neither a Ceph file system nor /dev/fuse: take a share of another type (volume, nfs)"
        ;;
esac
