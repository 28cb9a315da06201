# The folders for modulefiles. They may be on a share, where all nodes race for
# them: each makes one aside, and the first rename wins.

printf '%s\n' "$EC_PARAM_PATHS" | while read -r path; do
    case $path in
        '' | *[!A-Za-z0-9/._-]*) continue ;;
        /*) [ ! -d "$path" ] || continue ;;
    esac
    mine=${path%/*}/.${path##*/}.$EC_NODE
    rm -rf "$mine"
    mkdir -p "${path%/*}"
    install -d -m 0755 -o "$EC_LOGIN_UID" -g "$EC_LOGIN_UID" "$mine" ||
        die "the folder for modulefiles $path can't be made on $EC_NODE: make it where that file system is served, or take it out of paths"
    mv -T "$mine" "$path" 2>/dev/null || rm -rf "$mine"
done
