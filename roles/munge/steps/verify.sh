# A credential made here must be readable here.

running=$(systemctl is-active munge.service || true)
if [ "$running" != active ]; then
    # It is "activating" when the node has just booted.
    [ "$running" = activating ] || notice warning "munge was not running on $EC_NODE; it was started"
    unit start munge.service
fi
munge --no-input | unmunge >/dev/null ||
    die "munge on $EC_NODE does not accept its own credential: see journalctl -u munge"
