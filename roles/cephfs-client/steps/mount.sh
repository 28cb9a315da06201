# Mounts the file system, now and after each boot.

path=$EC_PARAM_PATH
folder=/etc/ceph/ecluster-client
unit=ecluster-cephfs.service

# Ceph's form of a key: type 1, no time, a length of 16, and the secret.
key=$({ printf '\001\000\000\000\000\000\000\000\000\000\020\000' && cat "$EC_SECRETS/cephfs_client_key"; } | base64 -w 0)
file_put "$folder/keyring" 0600 root:root <<END
[client.ecluster]
	key = $key
END
echo "$key" | file_put "$folder/secret" 0600 root:root

kind=$EC_PARAM_CLIENT
if [ "$kind" = auto ]; then
    kind=fuse
    if grep -qw ceph /proc/filesystems || modprobe -q ceph 2>/dev/null; then kind=kernel; fi
fi
if [ "$kind" = kernel ]; then
    service="Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/mount -t ceph :/ $path -o name=ecluster,fs=cephfs,conf=$folder/ceph.conf,secretfile=$folder/secret,noatime"
else
    # It returns when the file system is mounted.
    service="Type=forking
OOMScoreAdjust=-900
ExecStart=/usr/bin/ceph-fuse -c $folder/ceph.conf --id ecluster --client_fs cephfs $path"
fi

CHANGED=''
file_put "/etc/systemd/system/$unit" 0644 root:root <<END
# Written by ecluster.
[Unit]
Description=Ceph file system at $path
Wants=network-online.target
After=network-online.target remote-fs-pre.target
Before=slurmd.service condor.service gridengine-exec.service
StartLimitIntervalSec=0

[Service]
ExecStartPre=/bin/mkdir -p $path
ExecStartPre=/usr/local/lib/ecluster/cephfs-find
$service
ExecStop=/bin/umount $path
ExecStopPost=-/bin/umount -l $path
TimeoutStartSec=120
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
END
news=$CHANGED

# A folder with something in it would be hidden.
if ! mountpoint -q "$path" && [ -n "$(ls -A "$path" 2>/dev/null)" ]; then
    die "$path on $EC_NODE is not empty, and the share would hide what is in it: move that away, or choose another path"
fi

started() { systemctl start "$unit"; }
[ -z "$news" ] || ! unit active "$unit" || unit stop "$unit"
unit enable "$unit"
wait_for 300 "the Ceph file system (see journalctl -u $unit on $EC_NODE)" started

# A new file system is for everybody, as /tmp is; where homes are made, or
# where somebody has put an owner or a mode, it stays as it is.
if [ "$path" != /home ] && [ "$(stat -c '%u %a' "$path")" = "0 755" ] && [ -z "$(ls -A "$path")" ]; then
    chmod 1777 "$path"
fi
