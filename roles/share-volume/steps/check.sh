# The volume must be there, and writable: a plain folder in its place would
# look right and share nothing.

path=$EC_PARAM_PATH

[ -d "$path" ] || die "$path does not exist on $EC_NODE: the provider did not mount the volume $EC_PARAM_VOLUME"
mountpoint -q "$path" ||
    die "$path on $EC_NODE is a plain folder, not the volume $EC_PARAM_VOLUME: remove the node and start it again"

probe=$path/.ecluster-probe.$EC_NODE
(: >"$probe") 2>/dev/null ||
    die "root can't write to $path on $EC_NODE: the volume $EC_PARAM_VOLUME is full or read-only"
rm -f "$probe"
