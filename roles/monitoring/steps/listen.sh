# Where the nodes announce themselves: at the address inside the cluster.

if [ "$EC_IS_FRONTEND" != true ]; then
    unchanged
    exit 0
fi

/usr/local/lib/ecluster/monitoring-announce address
address=$(sed -n 's/^ADDRESS=//p' /run/ecluster/monitoring)

CHANGED=''
file_put /etc/systemd/system/ecluster-register.socket.d/address.conf 0644 root:root <<END
# Written by ecluster.
[Socket]
ListenStream=$address:9101
END
if [ -n "$CHANGED" ]; then
    unit enable ecluster-register.socket
    unit restart ecluster-register.socket
elif unit active ecluster-register.socket; then
    unchanged
else
    unit start ecluster-register.socket
fi
fact set monitoring.server "$address"
