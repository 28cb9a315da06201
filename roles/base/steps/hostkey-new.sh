# A host key that only this node has ever seen. The node was booted with the
# bootstrap key of the cluster; sshd goes on using that one until the caller
# has written down the new one (step hostkey-use).

dir=/etc/ssh/ecluster
key=$dir/host_ed25519_key

install -d -m 0755 "$dir"
if [ ! -s "$key.pub" ] || [ ! -s "$key" ]; then
    rm -f "$key" "$key.pub"
    ssh-keygen -q -t ed25519 -N '' -C "$EC_NODE" -f "$key"
    sync "$key" "$key.pub" # the caller will know no other, also after a loss of power
fi
fact set node.hostkey "$(cut -d' ' -f1,2 "$key.pub")"
