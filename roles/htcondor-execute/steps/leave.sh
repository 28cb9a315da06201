# The node stops taking part; what still runs here goes back into the queue.

systemctl disable --now condor.service
rm -f /var/lib/ecluster/htcondor-execute.applied
