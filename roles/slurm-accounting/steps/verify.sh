# slurmdbd listens, which it does once it has its database.

for name in mariadb slurmdbd; do
    running=$(systemctl is-active "$name.service" || true)
    [ "$running" != active ] || continue
    # It is "activating" when the node has just booted.
    [ "$running" = activating ] || notice warning "$name was not running on $EC_NODE; it was started"
    unit start "$name.service"
done

listens() { ss -Hltn sport = :6819 | grep -q .; }
wait_for 60 "slurmdbd (see /var/log/slurm/slurmdbd.log on $EC_NODE)" listens
