# slurmdbd listens, which it does once it has its database.

for unit in mariadb slurmdbd; do
    if ! unit active "$unit.service"; then
        notice warning "$unit was not running on $EC_NODE; it was started"
        unit start "$unit.service"
    fi
done

listens() { ss -Hltn sport = :6819 | grep -q .; }
wait_for 60 "slurmdbd (see /var/log/slurm/slurmdbd.log on $EC_NODE)" listens
