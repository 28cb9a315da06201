# Whether this kernel can mount NFS at all, before anything waits for a server.

[ -n "$EC_PARAM_SERVER$EC_PARAM_ADDRESS" ] || die "nothing says where $EC_PARAM_PATH is: give server or address"

grep -qw nfs4 /proc/filesystems || modprobe -q nfsv4 2>/dev/null || :
grep -qw nfs4 /proc/filesystems ||
    die "the kernel of $EC_NODE ($(uname -r)) can't mount NFS, and a container can't change that: choose type = \"volume\", \"glusterfs\" or \"sshfs\" for $EC_PARAM_PATH, or virtual machines"
