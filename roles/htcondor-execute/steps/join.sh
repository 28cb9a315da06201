# Starts the startd, by which the node joins. A running one is left alone
# unless its slots changed; those it runs with are kept aside, so that a run
# that was cut off still knows.

applied=/var/lib/ecluster/htcondor-execute.applied
slots=/etc/condor/config.d/70-ecluster-execute.config

condor_config_val -summary >/dev/null ||
    die "HTCondor can't read its configuration on $EC_NODE: check config = {...} in the spec"

mine="Machine == \"$EC_NODE.ecluster\""
slots_here() { condor_status -constraint "$mine${1-}" -af Name; }

if ! unit active condor.service; then
    unit start condor.service
elif ! cmp -s "$slots" "$applied"; then
    # The startd makes its slots when it starts.
    [ -z "$(slots_here ' && Activity == "Busy"')" ] ||
        die "jobs run on $EC_NODE, so its new slots can't be announced: run setup again when they have ended"
    had=$(slots_here)
    condor_reconfig || die "HTCondor refused its configuration on $EC_NODE: see /var/log/condor/MasterLog there"
    # On a frontend that runs jobs too, the startd is new to the running master.
    [ -z "$had" ] || condor_restart -startd
fi

joined() { slots_here | grep -q .; }
wait_for 60 "$EC_NODE in HTCondor (see /var/log/condor/StartLog there)" joined
cp "$slots" "$applied.new"
mv "$applied.new" "$applied"
