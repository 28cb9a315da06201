# The frontend is asked first; who answered before is asked when it is away.

server=$(fact get names.server)

address=$(ip -4 -oneline route get "$server" | sed -n 's/.* src \([0-9.]*\).*/\1/p')
[ -n "$address" ] || die "$EC_NODE has no way to the frontend at $server: are both in one network?"

hosts=$(
    sed -e "/[[:space:]]$EC_NODE\([[:space:]]\|$\)/d" -e "/[[:space:]]$EC_FRONTEND\([[:space:]]\|$\)/d" /etc/hosts
    echo "$address $EC_NODE.ecluster $EC_NODE"
    echo "$server $EC_FRONTEND.ecluster $EC_FRONTEND"
)
file_put /etc/hosts 0644 root:root <<END
$hosts
END
news=$CHANGED CHANGED=''

if systemctl is-active --quiet systemd-resolved.service; then
    file_put /etc/systemd/resolved.conf.d/ecluster.conf 0644 root:root <<END
# Written by ecluster.
[Resolve]
DNS=$server
Domains=ecluster
END
    [ -z "$CHANGED" ] || unit restart systemd-resolved.service
else
    # NetworkManager would write resolv.conf anew with each new lease.
    if unit active NetworkManager.service; then
        file_put /etc/NetworkManager/conf.d/90-ecluster.conf 0644 root:root <<END
# Written by ecluster.
[main]
dns=none
END
        [ -z "$CHANGED" ] || unit reload NetworkManager.service
    fi
    upstream=/etc/ecluster/resolv.upstream
    [ -s "$upstream" ] || grep '^nameserver' /etc/resolv.conf | file_put "$upstream" 0644 root:root
    file_put /etc/resolv.conf 0644 root:root <<END
# Written by ecluster.
search ecluster
nameserver $server
$(cat "$upstream")
options timeout:1 attempts:2
END
fi

[ -n "$news$CHANGED" ] || unchanged
