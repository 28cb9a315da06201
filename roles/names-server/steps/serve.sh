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

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh" # for mounted

# rewrite PATH TEXT: whole or not at all, whenever it is cut. In a container it
# may be a mount, which can't be replaced, only written into.
rewrite() {
    [ "$2" != "$(cat "$1")" ] || return 0
    if mounted "$1"; then
        echo "$2" >"$1"
    else
        file_put "$1" 0644 root:root <<END
$2
END
    fi
    news=1
}

# The node's own name must lead to this address, not to 127.0.1.1 as in some
# images: daemons announce what their name resolves to.
rewrite /etc/hosts "$(
    sed "/[[:space:]]$EC_NODE\([[:space:]]\|$\)/d" /etc/hosts
    echo "$address $EC_NODE.ecluster $EC_NODE"
)"

# It asks itself first, for the nodes' names.
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
    rewrite /etc/resolv.conf "$(
        echo "# Written by ecluster."
        echo "search ecluster"
        echo "nameserver $address"
        cat "$upstream"
        echo "options timeout:1 attempts:2"
    )"
fi
[ -n "$news" ] || unchanged

fact set names.server "$address"
