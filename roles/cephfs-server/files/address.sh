#!/bin/sh
# Written by ecluster. Runs before each of Ceph's daemons starts: machines may
# have other addresses than before, and Ceph keeps addresses, not names.
#
#   cephfs-address        writes ceph.conf with the addresses of today
#   cephfs-address mon    and makes the monitor of this node know them
set -eu

me=$(uname -n)
known=/var/lib/ceph/ecluster/addresses # of the monitors, as last seen
monitors=$(sed -n 's/^monitor //p' /etc/ceph/ecluster/names)
peers=$(sed 's/.* //' /etc/ceph/ecluster/names)

resolve() { getent ahostsv4 "$1" | awk '$1 !~ /^127\./ { print $1; exit }'; }

source_to() { ip -4 -oneline route get "$1" 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p'; }

# The address by which the others see this node.
own() {
    for peer in $peers; do
        [ "$peer" != "$me" ] || continue
        to=$(resolve "$peer") || to=''
        [ -z "$to" ] || { source_to "$to" && return 0; }
    done
    source_to 1.1.1.1
}

address=$(own)
[ -n "$address" ] || { echo "$me has no IPv4 address" >&2 && exit 1; }

# A name of a machine that is down may not resolve: its last address will do.
addresses=''
for name in $monitors; do
    if [ "$name" = "$me" ]; then now=$address; else now=$(resolve "$name") || now=''; fi
    [ -n "$now" ] || now=$(awk -v name="$name" '$1 == name { print $2 }' "$known" 2>/dev/null) || now=''
    [ -z "$now" ] || addresses="$addresses$name $now
"
done

put() {
    cmp -s "$1.$$" "$1" || { chmod 0644 "$1.$$" && mv "$1.$$" "$1" && return 0; }
    rm -f "$1.$$"
}
mkdir -p "${known%/*}"
printf %s "$addresses" >"$known.$$"
put "$known"
{
    echo "# Written by ecluster."
    echo "[global]"
    cat /etc/ceph/ecluster/server.conf /etc/ceph/ecluster/memory.conf
    echo
    echo "mon_host = $(printf %s "$addresses" | awk '{ printf "%s%s", sep, $2; sep = "," }')"
    echo "public_addr = $address"
    echo "cluster_addr = $address"
} >/etc/ceph/ceph.conf.$$
put /etc/ceph/ceph.conf

[ "${1-}" = mon ] && [ -e "/var/lib/ceph/mon/ceph-$me/kv_backend" ] || exit 0

# vector ADDRESS as Ceph writes it, with both of its protocols.
vector() { echo "[v2:$1:3300/0,v1:$1:6789/0]"; }
map=$(mktemp)
trap 'rm -f "$map"' EXIT
chown ceph:ceph "$map"
ceph-mon -i "$me" --extract-monmap "$map" --setuser ceph --setgroup ceph 2>/dev/null
has() { monmaptool --print "$map" | grep -F "$(vector "$2") mon.$1" >/dev/null; }
if has "$me" "$address"; then exit 0; fi

# The others go on when they are enough; else all of them have moved.
if timeout 30 ceph --connect-timeout 20 mon set-addrs "$me" "$(vector "$address")" 2>/dev/null; then
    timeout 30 ceph mon getmap -o "$map"
else
    # All go before the first comes back: they may have changed places.
    moved=$(printf %s "$addresses" | while read -r name now; do
        if monmaptool --print "$map" | grep -q " mon\.$name\$" && ! has "$name" "$now"; then echo "$name $now"; fi
    done)
    [ -n "$moved" ] || exit 0
    echo "$moved" | while read -r name _; do monmaptool --rm "$name" "$map"; done
    echo "$moved" | while read -r name now; do monmaptool --addv "$name" "$(vector "$now")" "$map"; done
fi
ceph-mon -i "$me" --inject-monmap "$map" --setuser ceph --setgroup ceph
