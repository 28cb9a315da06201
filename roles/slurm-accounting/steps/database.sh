# The database, and the user slurm, whom MariaDB knows by the owner of the
# process at the other end of its socket.

# Red Hat's MariaDB looks for its settings elsewhere.
if [ "$EC_OS_FAMILY" = redhat ]; then
    ln -snf /etc/mysql/mariadb.conf.d/90-ecluster.cnf /etc/my.cnf.d/90-ecluster.cnf
fi
unit start mariadb.service

wait_for 60 MariaDB mariadb-admin --silent ping

mariadb <<'END'
CREATE DATABASE IF NOT EXISTS slurm_acct_db;
CREATE USER IF NOT EXISTS slurm@localhost IDENTIFIED VIA unix_socket;
GRANT ALL ON slurm_acct_db.* TO slurm@localhost;
END
