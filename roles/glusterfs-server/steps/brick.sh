# The folder that holds this server's part, and the daemon.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"
# shellcheck source=/dev/null
. "$EC_DIR/disks.sh"

# Only those that the spec counts have a part; others mount the volume.
# shellcheck disable=SC2086 # a list of words
set -- $EC_PARAM_SERVERS
case " $* " in *" $EC_NODE "*) ;; *) exit 0 ;; esac

home=/srv/glusterfs/$EC_LABEL

if [ -n "$EC_PARAM_DISKS" ]; then
    # shellcheck disable=SC2086 # a list of words
    disk_mount "gfs-$EC_LABEL" "$home" "$EC_PARAM_FILESYSTEM" true noatime,nofail,x-systemd.before=glusterd.service $EC_PARAM_DISKS ||
        die "$EC_NODE has no unused disk for $EC_PARAM_PATH; name disks that it has, or leave disks out to use the root disk"
fi
new_share "$home/brick" "$EC_PARAM_PATH"

probe=$home/.ecluster-probe
: >"$probe"
setfattr -n trusted.ecluster.probe -v 1 "$probe" ||
    die "$home on $EC_NODE is on a file system without extended attributes, which GlusterFS needs: use disks, or another image"
rm -f "$probe"

# glusterd ends where a boot comes before the names of the other servers do.
file_put /etc/systemd/system/glusterd.service.d/ecluster.conf 0644 root:root <<'END'
# Written by ecluster: a server whose names come late is tried again.
[Unit]
StartLimitIntervalSec=0

[Service]
Restart=on-failure
RestartSec=5
END
unit start glusterd.service
wait_for 60 "glusterd" gluster --mode=script volume list
