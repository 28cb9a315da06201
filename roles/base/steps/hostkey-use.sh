# The caller knows the new host key: sshd may show it, and nothing else. A
# reload keeps the sessions that are open. The bootstrap key goes, because
# every node of the cluster was born with it.

file_put /etc/ssh/sshd_config.d/10-ecluster-hostkey.conf 0644 root:root <<'END'
# Written by ecluster: the only host key is the node's own.
HostKey /etc/ssh/ecluster/host_ed25519_key
END
sshd=$(command -v sshd || echo /usr/sbin/sshd)
"$sshd" -t || die "sshd refuses its configuration on $EC_NODE"
unit reload ssh.service
rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
