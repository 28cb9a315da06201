# The caller knows the new host key: sshd may show it, and nothing else. The
# bootstrap key goes, because every node of the cluster was born with it. Cut
# anywhere, sshd still has a key to start with that the caller accepts.

key=/etc/ssh/ecluster/host_ed25519_key
own=$(ssh-keygen -y -P '' -f "$key" | cut -d' ' -f1,2)
if [ -z "$own" ] || [ "$own" != "$(cut -d' ' -f1,2 "$key.pub")" ]; then
    die "the host key of $EC_NODE, $key, is damaged: remove the node and add a new one"
fi

file_put /etc/ssh/sshd_config.d/10-ecluster-hostkey.conf 0644 root:root <<END
# Written by ecluster: the only host key is the node's own.
HostKey $key
END
rm -f /etc/ssh/sshd_config.d/00-ecluster-hostkey.conf /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub

sshd=$(command -v sshd || echo /usr/sbin/sshd)
config=$("$sshd" -T) || die "sshd refuses its configuration on $EC_NODE"
unit reload ssh.service

# The reload is only asked for: until sshd gets to it, it goes on with the
# bootstrap key, which it has in memory. Both keys are of one type, of which
# sshd shows a single key. Any address that it listens at will do.
listen=$(echo "$config" | awk '$1 == "listenaddress" { print $2 }' | sort | head -n 1)
address=$(echo "${listen%:*}" | tr -d '[]')

shows_own() {
    shown=$(ssh-keyscan -T 2 -t ed25519 -p "${listen##*:}" "$address" 2>/dev/null | awk '!/^#/ { print $2, $3 }')
    echo "sshd at $listen shows ${shown:-nothing}"
    [ "$shown" = "$own" ]
}
wait_for 30 "sshd with the host key of $EC_NODE" shows_own
