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
bind-interfaces
no-hosts
hostsdir=$hosts
domain=ecluster
local=/ecluster/
expand-hosts
resolv-file=$upstream
cache-size=10000
END
news=$CHANGED
if [ -n "$news" ]; then
    unit enable ecluster-names.service
    unit restart ecluster-names.service
else
    unit active ecluster-names.service || unit start ecluster-names.service
fi

# The node's own name must lead to this address, not to 127.0.1.1 as in some
# images: daemons announce what their name resolves to. /etc/hosts may be a
# mount, so it is not replaced.
mine=$(sed "/[[:space:]]$EC_NODE\([[:space:]]\|$\)/d" /etc/hosts; echo "$address $EC_NODE.ecluster $EC_NODE")
if [ "$mine" != "$(cat /etc/hosts)" ]; then
    echo "$mine" >/etc/hosts
    news=1
fi

# It asks itself first, for the nodes' names; /etc/resolv.conf may be a mount too.
if systemctl is-active --quiet systemd-resolved.service; then
    CHANGED=
    file_put /etc/systemd/resolved.conf.d/ecluster.conf 0644 root:root <<END
# Written by ecluster.
[Resolve]
DNS=$address
Domains=ecluster
END
    if [ -n "$CHANGED" ]; then
        unit restart systemd-resolved.service
        news=1
    fi
else
    servers=$(
        echo "# Written by ecluster."
        echo "search ecluster"
        echo "nameserver $address"
        cat "$upstream"
        echo "options timeout:1 attempts:2"
    )
    if [ "$servers" != "$(cat /etc/resolv.conf)" ]; then
        echo "$servers" >/etc/resolv.conf
        news=1
    fi
fi
[ -n "$news" ] || unchanged

fact set names.server "$address"
