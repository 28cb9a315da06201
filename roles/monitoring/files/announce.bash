#!/bin/bash
# Written by ecluster.
#
#   monitoring-announce          tells the frontend that this node is there
#   monitoring-announce leave    and that it goes
#   monitoring-announce address  writes down where the exporter listens
#
# It needs bash, which can open a connection: nothing else has to be installed.
set -eu

frontend=$(sed -n 's/^frontend=//p' /etc/ecluster/monitoring)
node=$(sed -n 's/^node=//p' /etc/ecluster/monitoring)
group=$(sed -n 's/^group=//p' /etc/ecluster/monitoring)

if [ "${1-}" = address ]; then
    # The frontend's own address inside the cluster is the one on its way out.
    to=1.1.1.1
    [ "$frontend" = "$node" ] || to=$(getent ahostsv4 "$frontend" | awk '{ print $1; exit }')
    address=$(ip -4 -oneline route get "$to" | sed -n 's/.* src \([0-9.]*\).*/\1/p')
    [ -n "$address" ] || { echo "$node has no way to $frontend" >&2; exit 1; }
    mkdir -p /run/ecluster
    echo "ADDRESS=$address" >/run/ecluster/monitoring
    exit 0
fi

to=$frontend
[ "$frontend" != "$node" ] || to=$(sed -n 's/^ADDRESS=//p' /run/ecluster/monitoring)
key=$(base64 -w 0 /etc/ecluster/monitoring.key)
exec 3<>"/dev/tcp/$to/9101"
echo "$key ${1-here} $node $group" >&3
read -r -t 10 answer <&3
[ "$answer" = ok ] || { echo "the monitoring server on $frontend says: $answer" >&2; exit 1; }
