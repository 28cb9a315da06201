# The key of the share is let in, and the folder is there.

[ -d "$EC_PARAM_PATH" ] || die "$EC_PARAM_PATH is gone on $EC_NODE: make that folder again, as it was"
grep -q 'command="internal-sftp"' /etc/ssh/ecluster/root ||
    die "the other nodes are not let in to $EC_PARAM_PATH on $EC_NODE: run ecluster setup again"
