# With accounting, SLURM's database knows the users too, so that limits and
# reports can name them.

[ "$EC_IS_FRONTEND" = true ] || exit 0
grep -qsi '^AccountingStorageType=accounting_storage/slurmdbd' /etc/slurm/slurm.conf || exit 0

known() { sacctmgr --noheader --parsable2 list "$@" | grep -q .; }

wait_for 60 slurmdbd sacctmgr --noheader list cluster
known account users ||
    sacctmgr --immediate add account users Description="everybody" </dev/null
awk -F'|' '$1 == "user" { print $2 }' /etc/ecluster/users | while read -r name; do
    known user "$name" || sacctmgr --immediate add user "$name" account=users </dev/null
done
