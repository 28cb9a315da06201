# The folders for modulefiles. They may be on a share, where all nodes race for
# them: each makes one aside, and the first rename wins.

printf '%s\n' "$EC_PARAM_PATHS" | while read -r path; do
    case $path in
        '') continue ;; # no path at all
        *[!A-Za-z0-9/._-]* | [!/]*)
            die "\"$path\" in paths of the role modules can't be a folder for modulefiles: write an absolute path of letters, digits, \".\", \"_\" and \"-\", such as \"/home/modules\""
            ;;
    esac
    path=${path%/}
    [ ! -d "$path" ] || continue
    mine=${path%/*}/.${path##*/}.$EC_NODE
    rm -rf "$mine"
    { mkdir -p "${path%/*}" && install -d -m 0755 -o "$EC_LOGIN_UID" -g "$EC_LOGIN_UID" "$mine"; } ||
        die "the folder for modulefiles $path can't be made on $EC_NODE: make it where that file system is served, or take it out of paths"
    mv -T "$mine" "$path" 2>/dev/null || rm -rf "$mine"
    [ -d "$path" ] || die "$path on $EC_NODE is no folder, so it can't hold modulefiles: move it away, or take it out of paths"
done
