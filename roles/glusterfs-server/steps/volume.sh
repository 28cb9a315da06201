# The first server makes the volume when all servers are there, starts it, and
# tells the clients. A second run finds it as it is.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"

volume=$EC_LABEL
# shellcheck disable=SC2086 # a list of words
set -- $EC_PARAM_SERVERS
first=$1 count=$#

g() { gluster --mode=script "$@"; }

# A boot may have come before the names of the other servers did.
made=''
case " $* " in
    *" $EC_NODE "*)
        if ! unit active glusterd.service; then
            unit start glusterd.service
            wait_for 60 "glusterd" g volume list
            made=1
        fi
        ;;
esac

if [ "$EC_NODE" != "$first" ]; then
    [ -n "$made" ] || unchanged
    exit 0
fi

# bricks SERVER... are the parts of those servers.
bricks() {
    for server in "$@"; do echo "$server:/srv/glusterfs/$volume/brick"; done
}

# Without a word from the user: copies on all of up to three servers, else sets
# of three or two.
replica=$EC_PARAM_REPLICA
if [ "$replica" -eq 0 ]; then
    if [ "$count" -le 3 ]; then replica=$count
    elif [ $((count % 3)) -eq 0 ]; then replica=3
    elif [ $((count % 2)) -eq 0 ]; then replica=2
    else replica=1; fi
fi
set_size=$replica
[ "$EC_PARAM_DISPERSE" -eq 0 ] || set_size=$EC_PARAM_DISPERSE
{ [ "$set_size" -le "$count" ] && [ $((count % set_size)) -eq 0 ]; } ||
    die "$count servers of $EC_PARAM_PATH can't be divided into sets of $set_size"

probed=''
known=$(g pool list)
for server in "$@"; do
    case $known in *"	$server "* | *"	$server	"*) continue ;; esac
    [ "$server" != "$EC_NODE" ] || continue
    wait_for 600 "the GlusterFS server $server" g peer probe "$server"
    probed=1
done
connected() { [ "$(g pool list | grep -c 'Connected')" -ge "$count" ]; }
[ -z "$probed" ] || wait_for 60 "the connection of all GlusterFS servers" connected

has() { g volume info "$volume" >/dev/null 2>&1; }
if ! has; then
    layout=''
    if [ "$EC_PARAM_DISPERSE" -gt 0 ]; then
        redundancy=1
        [ "$EC_PARAM_DISPERSE" -lt 6 ] || redundancy=2
        layout="disperse $EC_PARAM_DISPERSE redundancy $redundancy"
    elif [ "$replica" -gt 1 ]; then
        layout="replica $replica"
    fi
    # The bricks of the others are made by their own step, maybe a little later.
    # shellcheck disable=SC2046,SC2086 # lists of words
    wait_for 300 "the GlusterFS volume $volume" g volume create "$volume" $layout $(bricks "$@") force
    made=1
fi

info=$(g volume info "$volume")

# setting NAME VALUE
setting() {
    case $info in *"
$1: $2"*) return 0 ;; esac
    g volume set "$volume" "$1" "$2" || die "GlusterFS refuses $1 = $2 for the volume $volume"
    made=1
}
allowed=$(networks | paste -sd ,)
[ -n "$allowed" ] || die "$EC_NODE has no private address: GlusterFS would be open to the world; use a private network"
setting auth.allow "127.0.0.1,$allowed"
setting network.ping-timeout "$EC_PARAM_PING_TIMEOUT"

case $info in
    *"Status: Started"*) ;;
    *)
        g volume start "$volume" || die "the GlusterFS volume $volume does not start; see /var/log/glusterfs on $EC_NODE"
        made=1
        ;;
esac

# Servers that came later: whole sets of them are added, and files move there.
new=''
for server in "$@"; do
    case $info in *": $server:/srv/glusterfs/$volume/brick"*) ;; *) new="$new $server" ;; esac
done
if [ -n "$new" ] && [ -z "${info##*Status: Started*}" ]; then
    had=$(echo "$info" | awk '/^Number of Bricks:/ { print $NF }')
    # shellcheck disable=SC2086 # a list of words
    set -- $new
    more=''
    if [ "$replica" -eq "$count" ] && [ "$EC_PARAM_DISPERSE" -eq 0 ]; then
        more="replica $replica" # one set, with more copies than before
    elif [ $(($# % set_size)) -ne 0 ] || [ $((had % set_size)) -ne 0 ]; then
        die "$* can't be added to the $had servers of $EC_PARAM_PATH: it grows by sets of $set_size; make the count of the group a multiple of that, or write replica as it was"
    fi
    # shellcheck disable=SC2046,SC2086 # lists of words
    wait_for 300 "the new servers $*" g volume add-brick "$volume" $more $(bricks "$@") force
    if [ -z "$more" ]; then
        g volume rebalance "$volume" start ||
            notice warning "run gluster volume rebalance $volume start on $EC_NODE to move files to the new servers"
    fi
    made=1
fi

fact set "glusterfs.server.$EC_LABEL" "$first"
[ -n "$made" ] || unchanged
