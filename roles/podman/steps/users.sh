# Numbers and a folder for each account; they come with the role users, so this
# is always looked at. Root makes the folders: in one where everybody may write,
# anybody could make that of somebody who comes later, and change what runs
# from it.

storage=${EC_PARAM_STORAGE%/}
case $storage in
    /*[!A-Za-z0-9/._-]* | [!/]* | '') die "\"$EC_PARAM_STORAGE\" can't hold containers: write an absolute path such as \"/var/tmp/containers\"" ;;
esac
if [ ! -e "$storage" ] && [ ! -L "$storage" ]; then
    mkdir -p "${storage%/*}"
    mkdir -m 0755 "$storage" || die "can't make $storage on $EC_NODE"
    CHANGED=1
fi
[ "$(stat -c '%F %u' "$storage")" = "directory 0" ] ||
    die "$storage on $EC_NODE is no folder of root's, so others could change the containers in it: remove it, or choose another storage"
kind=$(stat -f -c %T "$storage")
case $kind in
    nfs* | fuse* | ceph | lustre | gpfs)
        die "$storage on $EC_NODE is on a shared file system ($kind), which can't hold containers: set storage to a folder on a local disk" ;;
esac

# systemd throws away what lay unused below /var/tmp for a month.
file_put /etc/tmpfiles.d/ecluster-podman.conf 0644 root:root <<END
# Written by ecluster: images stay whole.
x $storage
END

# ours USER UID GID: the folder of that user, whom nobody came before.
ours() {
    folder=$storage/$2
    if [ ! -e "$folder" ] && [ ! -L "$folder" ]; then
        mkdir -m 0700 "$folder" || die "can't make $folder on $EC_NODE"
        CHANGED=1
    fi
    case $(stat -c '%F %u' "$folder") in
        "directory $2") ;;
        "directory 0") chown "$2:$3" "$folder" ;;
        *) die "$folder on $EC_NODE is no folder of $1's, as it must be for the containers of $1: remove it and run setup again" ;;
    esac
}

# The users inside of a container have numbers that nobody else's have. Those
# whom adduser made have some.
unused() { cat /etc/subuid /etc/subgid 2>/dev/null | awk -F: 'BEGIN { n = 100000 } $2 + $3 > n { n = $2 + $3 } END { print n }'; }

while IFS=: read -r name _ uid gid _; do
    if [ "$uid" -lt 1000 ] || [ "$uid" -gt 60000 ]; then continue; fi
    for which in uid gid; do
        if grep -qs "^$name:" "/etc/sub$which"; then continue; fi
        first=$(unused)
        usermod "--add-sub${which}s" "$first-$((first + 65535))" "$name"
        CHANGED=1
    done
    ours "$name" "$uid" "$gid"
done <<END
$(getent passwd)
END
[ -n "$CHANGED" ] || unchanged
