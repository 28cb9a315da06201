# A credential made here must be readable here.

if ! unit active munge.service; then
    notice warning "munge was not running on $EC_NODE; it was started"
    unit start munge.service
fi
munge --no-input | unmunge >/dev/null ||
    die "munge on $EC_NODE does not accept its own credential: see journalctl -u munge"
