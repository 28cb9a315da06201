# The database, and the user slurm, whom MariaDB knows by the owner of the
# process at the other end of its socket.

unit start mariadb.service

wait_for 60 MariaDB mariadb-admin --silent ping

mariadb <<'END'
CREATE DATABASE IF NOT EXISTS slurm_acct_db;
CREATE USER IF NOT EXISTS slurm@localhost IDENTIFIED VIA unix_socket;
GRANT ALL ON slurm_acct_db.* TO slurm@localhost;
END
