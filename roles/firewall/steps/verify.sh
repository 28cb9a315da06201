# The kernel has the rules: what is not allowed is dropped.
nft list chain inet ecluster input | grep -q 'policy drop' ||
    die "the packet filter of $EC_NODE is open: somebody took its rules away; 'systemctl restart ecluster-firewall' closes it"
systemctl is-enabled --quiet ecluster-firewall.service ||
    die "the packet filter of $EC_NODE would not come back after a reboot: 'systemctl enable ecluster-firewall' sees to that"
