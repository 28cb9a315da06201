# The frontend forgets the node at once, not after a quarter of an hour.

systemctl disable --now ecluster-announce.timer
/usr/local/lib/ecluster/monitoring-announce leave
