# The node is in the pool. What an administrator did to it stays: a node that
# is drained is not given back.

running=$(systemctl is-active condor.service || true)
if [ "$running" != active ]; then
    # It is "activating" when the node has just booted.
    [ "$running" = activating ] || notice warning "HTCondor was not running on $EC_NODE; it was started"
    unit start condor.service
fi

joined() { condor_status -constraint "Machine == \"$EC_NODE.ecluster\"" -af Name | grep -q .; }
wait_for 60 "$EC_NODE in HTCondor (see /var/log/condor/StartLog there)" joined
