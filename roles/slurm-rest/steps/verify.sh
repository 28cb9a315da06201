# slurmrestd answers who has a token, and nobody else. The token goes by
# standard input: arguments can be read by everyone.

socket=/run/slurmrestd/slurmrestd.socket

unit active slurmrestd.service || {
    notice warning "slurmrestd was not running on $EC_NODE; it was started"
    unit start slurmrestd.service
}

status() {
    curl --silent --show-error --max-time 5 --output /dev/null --write-out '%{http_code}' \
        --unix-socket "$socket" --header @- http://localhost/openapi/v3
}
answers() {
    token=$(scontrol token lifespan=60) || return 1
    code=$(printf 'X-SLURM-USER-NAME: root\nX-SLURM-USER-TOKEN: %s\n' "${token#SLURM_JWT=}" | status)
    echo "with a token slurmrestd answers with status $code"
    [ "$code" = 200 ]
}
wait_for 60 "slurmrestd (see journalctl -u slurmrestd on $EC_NODE)" answers
code=$(status </dev/null)
[ "$code" = 401 ] || die "slurmrestd on $EC_NODE answers without a token (status $code): remove rest = true and run setup again"
