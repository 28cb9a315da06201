# A credential made here must be readable here.

munge --no-input | unmunge >/dev/null ||
    die "munge on $EC_NODE does not accept its own credential: see journalctl -u munge"
