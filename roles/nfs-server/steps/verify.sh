# The server runs and exports the folder.

unit active nfs-server.service || die "the NFS server does not run on $EC_NODE; see journalctl -u nfs-server there"
awk -v path="$EC_PARAM_PATH" '$1 == path { found = 1 } END { exit !found }' /var/lib/nfs/etab ||
    die "$EC_NODE does not export $EC_PARAM_PATH; see exportfs -v there"
