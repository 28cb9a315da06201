# The collector and the queue answer. Right after their start they may take a
# moment.

running=$(systemctl is-active condor.service || true)
if [ "$running" != active ]; then
    # It is "activating" when the node has just booted.
    [ "$running" = activating ] || notice warning "HTCondor was not running on $EC_NODE; it was started"
    unit start condor.service
fi

answers() { condor_status -collector && condor_q -totals; }
wait_for 60 "HTCondor's central manager (see /var/log/condor on $EC_NODE)" answers
