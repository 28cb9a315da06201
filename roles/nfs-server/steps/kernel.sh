# Whether this kernel can serve NFS at all, before anything is made.

grep -qw nfsd /proc/filesystems || modprobe -q nfsd 2>/dev/null || :
grep -qw nfsd /proc/filesystems ||
    die "the kernel of $EC_NODE ($(uname -r)) has no NFS server, and a container can't load one: choose type = \"volume\", \"glusterfs\" or \"sshfs\" for $EC_PARAM_PATH, or virtual machines"
