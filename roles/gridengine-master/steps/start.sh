# The cell's database, made once, and qmaster.

# The commands in /usr/bin are wrappers that find this out each time.
export SGE_ROOT=/var/lib/gridengine SGE_CELL=default PATH="/usr/lib/gridengine:$PATH"

spool=/var/spool/gridengine
made=/var/lib/ecluster/gridengine.spooled

install -d -m 0755 -o sgeadmin -g sgeadmin "$spool/qmaster" "$spool/qmaster/job_scripts" \
    /var/lib/gridengine/default /var/lib/gridengine/default/common

if [ ! -e "$made" ]; then
    # Nothing ever ran on a database that was not finished.
    install -d -m 0755 -o sgeadmin -g sgeadmin "$spool/spooldb"
    rm -rf "$spool/spooldb/"*
    # The script tells its caller what it does, as the owner of the database.
    runuser -u sgeadmin -- /usr/share/gridengine/scripts/init_cluster \
        /var/lib/gridengine default "$spool/spooldb" sgeadmin ||
        die "Grid Engine's database can't be made in $spool on $EC_NODE: is its disk full?"
    : >"$made"
fi

# Until systemd has read our unit it knows the package's start script, which
# may have tried its luck when the machine booted.
if [ "$(systemctl show --property=FragmentPath --value gridengine-master.service)" != /etc/systemd/system/gridengine-master.service ]; then
    systemctl stop gridengine-master.service
    systemctl daemon-reload
fi
unit start gridengine-master.service
wait_for 60 "Grid Engine's qmaster (see $spool/qmaster/messages on $EC_NODE)" qconf -sh
