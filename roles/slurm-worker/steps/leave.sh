# The node stops taking part; the frontend then forgets it.

systemctl disable --now slurmd.service
rm -f /var/lib/ecluster/slurmd.applied
