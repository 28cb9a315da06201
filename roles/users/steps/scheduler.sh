# With accounting, SLURM's database knows the users too, so that limits and
# reports can name them. Who is in another account already stays there.

if [ "$EC_IS_FRONTEND" != true ] ||
    ! grep -qsi '^AccountingStorageType=accounting_storage/slurmdbd' /etc/slurm/slurm.conf; then
    unchanged
    exit 0
fi

wait_for 60 slurmdbd sacctmgr --noheader list cluster
known=$(sacctmgr --noheader --parsable2 list user format=user)
missing=$(awk -F'|' '$1 == "user" { print $2 }' /etc/ecluster/users | while read -r name; do
    echo "$known" | grep -qxF "$name" || echo "$name"
done)
if [ -z "$missing" ]; then
    unchanged
    exit 0
fi
[ -n "$(sacctmgr --noheader --parsable2 list account users)" ] ||
    sacctmgr --immediate add account users Description="everybody"
sacctmgr --immediate add user "$(echo "$missing" | paste -sd ,)" account=users
