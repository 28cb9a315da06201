# dnsmasq at the address of the frontend inside the cluster. It answers plain
# names and names under "ecluster", and passes on everything else.

upstream=/etc/ecluster/resolv.upstream
hosts=/etc/ecluster/hosts.d

address=$(ip -4 -oneline route get 1.1.1.1 | sed -n 's/.* src \([0-9.]*\).*/\1/p')
[ -n "$address" ] || die "$EC_NODE has no IPv4 address by which the others could ask it for names"

# The servers that this machine had before it asks itself.
if [ ! -s "$upstream" ]; then
    real=/etc/resolv.conf
    [ ! -e /run/systemd/resolve/resolv.conf ] || real=/run/systemd/resolve/resolv.conf
    grep '^nameserver' "$real" | file_put "$upstream" 0644 root:root
fi

[ -d "$hosts" ] || install -d -m 0755 "$hosts"
file_put "$hosts/$EC_NODE" 0644 root:root <<END
$address $EC_NODE
END

file_put /etc/ecluster/names.conf 0644 root:root <<END
# Written by ecluster.
listen-address=$address
bind-dynamic
no-hosts
hostsdir=$hosts
domain=ecluster
local=/ecluster/
expand-hosts
resolv-file=$upstream
cache-size=10000
END
service=$CHANGED

# The node's own name must lead to this address, not to 127.0.1.1 as in some
# images: daemons announce what their name resolves to.
mine=$(
    sed "/[[:space:]]$EC_NODE\([[:space:]]\|$\)/d" /etc/hosts
    echo "$address $EC_NODE.ecluster $EC_NODE"
)
file_put /etc/hosts 0644 root:root <<END
$mine
END

# After the node's own name, which a part of it (PartOf=) asks for.
if [ -n "$service" ]; then
    unit enable ecluster-names.service
    unit restart ecluster-names.service
else
    unit active ecluster-names.service || unit start ecluster-names.service
fi

# It asks itself first, for the nodes' names.
if systemctl is-active --quiet systemd-resolved.service; then
    news=$CHANGED CHANGED=''
    file_put /etc/systemd/resolved.conf.d/ecluster.conf 0644 root:root <<END
# Written by ecluster.
[Resolve]
DNS=$address
Domains=ecluster
END
    [ -z "$CHANGED" ] || unit restart systemd-resolved.service
    CHANGED=$news$CHANGED
else
    file_put /etc/resolv.conf 0644 root:root <<END
# Written by ecluster.
search ecluster
nameserver $address
$(cat "$upstream")
options timeout:1 attempts:2
END
fi

[ -n "$CHANGED" ] || unchanged

fact set names.server "$address"
