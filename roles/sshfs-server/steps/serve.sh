# Root of the other nodes may transfer files, and do nothing else. base has
# sshd look into /etc/ssh/ecluster.

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh"

new_share "$EC_PARAM_PATH" "$EC_PARAM_PATH"

from=$(networks | paste -sd ,)
[ -n "$from" ] || die "$EC_NODE has no private address: $EC_PARAM_PATH would be open to the world; use a private network"
public=$(ssh-keygen -y -P '' -f "$EC_SECRETS/sshfs_key") || die "the key of the SSHFS shares is damaged"
file_put /etc/ssh/ecluster/root 0644 root:root <<END
# Written by ecluster: file transfer for the other nodes of the cluster.
restrict,from="$from",command="internal-sftp" $public
END

# All nodes come at once when a cluster starts; sshd turns them away by default.
CHANGED=''
file_put /etc/ssh/sshd_config.d/15-ecluster-sshfs.conf 0644 root:root <<'END'
# Written by ecluster: many nodes mount at the same moment.
MaxStartups 400:30:1000
END
sshd=$(command -v sshd || echo /usr/sbin/sshd)
config=$("$sshd" -T) || die "sshd refuses its configuration on $EC_NODE"
case $config in
    *"permitrootlogin no"*)
        die "sshd on $EC_NODE lets root in by no means (PermitRootLogin no): set it to forced-commands-only in the image, or choose another type for $EC_PARAM_PATH"
        ;;
esac
[ -z "$CHANGED" ] || unit reload ssh.service

fact set "sshfs.server.$EC_LABEL" "$(cut -d ' ' -f 1,2 /etc/ssh/ecluster/host_ed25519_key.pub)"
