# Starts the daemons of the central manager. Running ones learn of a new
# configuration by a reload, which disturbs no job.

condor_config_val -summary >/dev/null ||
    die "HTCondor can't read its configuration on $EC_NODE: check config = {...} in the spec"

unit active condor.service || unit start condor.service

answers() { condor_status -collector && condor_q -totals; }
wait_for 60 "HTCondor's central manager (see /var/log/condor on $EC_NODE)" answers
fact set htcondor.manager "$EC_NODE"
