# Hands back what the servers keep for this client: they would wait for it.

systemctl disable --now ecluster-cephfs.service
