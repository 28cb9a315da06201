# The rules, from the networks that the cluster has now. They are loaded in one
# transaction, and sshd stays open in them, so that no session is cut.

# The network of the address by which this node reaches the others, but not the
# router in it: what comes from there is from outside.
networks=$(echo "$EC_PARAM_NETWORKS" | paste -sd , -)
outside=
for network in $EC_PARAM_NETWORKS; do
    echo "$network" | grep -Eqx '[0-9.]+(/[0-9]{1,2})?' ||
        die "\"$network\" in networks of the role firewall is no IPv4 network: write \"10.128.0.0/20\""
done
if [ -z "$networks" ]; then
    other=$EC_FRONTEND
    [ "$EC_IS_FRONTEND" != true ] || other=1.1.1.1
    address=$(getent ahostsv4 "$other" | awk 'NR == 1 { print $1 }')
    mine=$(ip -4 -oneline route get "${address:-1.1.1.1}" | sed -n 's/.* src \([0-9.]*\).*/\1/p')
    [ -n "$mine" ] || die "$EC_NODE has no IPv4 address by which the other nodes could reach it"
    with=$(ip -4 -oneline address show to "$mine" | awk '{ print $4; exit }')
    [ "${with#*/}" != 32 ] ||
        die "the address of $EC_NODE, $mine, does not tell which network the nodes are in: set networks of the role firewall, as [\"10.128.0.0/20\"]"
    networks=$with
    router=$(ip -4 -oneline route show default | sed -n 's/^default via \([0-9.]*\).*/\1/p' | paste -sd , -)
    [ -z "$router" ] || outside="ip saddr { $router } drop"
fi

tcp='' udp=''
for port in $EC_PARAM_PORTS; do
    number=${port%/*} how=${port#"${port%/*}"}
    echo "$number" | grep -Eqx '[0-9]{1,5}(-[0-9]{1,5})?' ||
        die "\"$port\" in ports of the role firewall is no port: write \"443\", \"53/udp\" or \"60000-61000/udp\""
    case $how in
        '' | /tcp) tcp="$tcp, $number" ;;
        /udp) udp="$udp, $number" ;;
        *) die "\"$port\" in ports of the role firewall is no port: what follows the slash is tcp or udp" ;;
    esac
done

sshd=$(command -v sshd || echo /usr/sbin/sshd)
tcp="$("$sshd" -T | awk '$1 == "port" { print $2 }' | paste -sd , -)$tcp"

udp_rule=
[ -z "$udp" ] || udp_rule="udp dport { ${udp#, } } accept"

# The first two lines make that the table is there and then that it is not:
# whatever was in it is replaced.
file_put /etc/ecluster/firewall.nft 0600 root:root <<END
# Written by ecluster.
table inet ecluster
delete table inet ecluster
table inet ecluster {
    chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        iifname "lo" accept
        ct state invalid drop
        meta l4proto { icmp, ipv6-icmp } accept
        udp dport 546 ip6 saddr fe80::/10 accept
        tcp dport { $tcp } accept
        $udp_rule
        $outside
        ip saddr { $networks } accept
    }
}
END
new=$CHANGED

nft --check --file /etc/ecluster/firewall.nft ||
    die "$EC_NODE can't have a packet filter (containers can't), or refuses these rules; the log says which. Use virtual machines, or leave the role firewall out"

service=ecluster-firewall.service
if ! unit active "$service" || ! systemctl is-enabled --quiet "$service"; then
    unit start "$service"
elif [ -n "$new" ]; then
    unit reload "$service"
else
    unchanged
fi
