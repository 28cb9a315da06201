#!/bin/sh
# Written by ecluster. Finds Ceph's monitors before the file system is mounted:
# machines may have other addresses than before, and one that is down may have
# no name, so that its last address has to do.
set -eu

folder=/etc/ceph/ecluster-client
addresses=''
while read -r name; do
    now=$(getent ahostsv4 "$name" | awk '$1 !~ /^127\./ { print $1; exit }')
    [ -n "$now" ] || now=$(awk -v name="$name" '$1 == name { print $2 }' "$folder/addresses" 2>/dev/null) || now=''
    [ -z "$now" ] || addresses="$addresses$name $now
"
done <"$folder/names"
[ -n "$addresses" ] || { echo "no server of the Ceph file system has an address" >&2 && exit 1; }

printf %s "$addresses" >"$folder/addresses.new"
mv "$folder/addresses.new" "$folder/addresses"
cat >"$folder/ceph.conf.new" <<END
# Written by ecluster.
[global]
mon_host = $(printf %s "$addresses" | awk '{ printf "%s%s", sep, $2; sep = "," }')
keyring = $folder/keyring
auth_client_required = cephx
client_mount_timeout = 60
END
mv "$folder/ceph.conf.new" "$folder/ceph.conf"
