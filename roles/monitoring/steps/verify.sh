# The exporter answers, and on the frontend Prometheus does.

units="prometheus-node-exporter.service ecluster-announce.timer"
[ "$EC_IS_FRONTEND" != true ] || units="$units prometheus.service ecluster-register.socket"
for name in $units; do
    running=$(systemctl is-active "$name" || true)
    [ "$running" != active ] || continue
    # It is "activating" when the node has just booted.
    [ "$running" = activating ] || notice warning "$name was not running on $EC_NODE; it was started"
    unit start "$name"
done

# answers ADDRESS PORT PATH: bash can open a connection, and every node has it.
answers() {
    # shellcheck disable=SC2016 # for bash
    timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "GET %s HTTP/1.0\r\n\r\n" "$2" >&3 && read -r answer <&3 && [[ $answer == *" 200 "* ]]' "$@"
}
address=$(sed -n 's/^ADDRESS=//p' /run/ecluster/monitoring)
wait_for 60 "the node exporter on $EC_NODE (see journalctl -u prometheus-node-exporter)" answers "$address" 9100 /
if [ "$EC_IS_FRONTEND" = true ]; then
    wait_for 60 "Prometheus (see journalctl -u prometheus on $EC_NODE)" answers 127.0.0.1 9090 /-/ready
fi
