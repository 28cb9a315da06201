# The node stops taking part; the frontend then forgets it.

systemctl disable --now gridengine-exec.service
rm -f /var/lib/ecluster/gridengine.joined
