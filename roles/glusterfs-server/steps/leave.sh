# A server that goes takes its part with it. It refuses while that is the only
# place of some file, or while the others lack what it holds.

volume=$EC_LABEL
g() { timeout 20 gluster --mode=script "$@"; }

info=$(g volume info "$volume" 2>/dev/null) || exit 0 # it holds nothing
case $info in *": $EC_NODE:"*) ;; *) exit 0 ;; esac

case $info in
    *"Type: Distribute
"*)
        die "$EC_NODE holds files of $EC_PARAM_PATH that no other server has: copy them first"
        ;;
esac
waiting=$(g volume heal "$volume" info summary 2>/dev/null | awk '/^Total Number of entries/ { n += $NF } END { print n + 0 }')
[ "$waiting" -eq 0 ] ||
    die "$waiting files of $EC_PARAM_PATH are not copied to the other servers yet: wait until gluster volume heal $volume info shows none"
