# slurmrestd refuses to run as root or as SLURM's own user.

if ! getent passwd slurmrestd >/dev/null; then
    useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin slurmrestd
fi
