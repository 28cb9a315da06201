# The node lets the frontend's Ansible in, and tells the frontend that it is
# there. On the frontend sshd opens the door for the others.

# shellcheck source=/dev/null
. "$EC_FILES/ask.sh"
# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh" # for networks

from=$(networks | paste -sd ,)
[ -n "$from" ] || die "$EC_NODE has no private address: Ansible has no safe way to it"

CHANGED=''
# Several playbooks share the file: each has its own line. The frontend itself
# needs none.
keys=/etc/ssh/ecluster/root.ansible
if [ "$EC_IS_FRONTEND" != true ]; then
    # shellcheck disable=SC2154 # ask.sh sets label
    line="restrict,pty,from=\"$from\" $(fact get "ansible.server.$EC_LABEL" | cut -d ' ' -f 3,4) $label"
    {
        echo "# Written by ecluster: the frontend runs playbooks here."
        [ ! -e "$keys" ] || grep -v -e '^#' -e " $label\$" "$keys" || true
        echo "$line"
    } >"$EC_DIR/root.ansible"
    sort -o "$EC_DIR/root.ansible" "$EC_DIR/root.ansible"
    file_put "$keys" 0644 root:root <"$EC_DIR/root.ansible"
fi

# All nodes ask at once when a cluster starts; sshd turns them away by default.
file_put /etc/ssh/sshd_config.d/15-ecluster-ansible.conf 0644 root:root <<'END'
# Written by ecluster.
MaxStartups 400:30:1000
Match User root
    AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/ecluster/%u /etc/ssh/ecluster/root.ansible /etc/ssh/ecluster/door.ansible
END
sshd=$(command -v sshd || echo /usr/sbin/sshd)
config=$("$sshd" -T -C user=root,host=localhost,addr=127.0.0.1) || die "sshd refuses its configuration on $EC_NODE"
case $config in
    *"permitrootlogin no"*) die "sshd on $EC_NODE lets root in by no means (PermitRootLogin no): set it to prohibit-password in the image" ;;
    *"permitrootlogin forced-commands-only"*)
        [ "$EC_IS_FRONTEND" = true ] || die "sshd on $EC_NODE lets root in for forced commands only: set PermitRootLogin to prohibit-password in the image"
        ;;
esac
[ -z "$CHANGED" ] || unit reload ssh.service

# shellcheck disable=SC2046 # two words
wait_for 60 "the door of Ansible on $EC_FRONTEND" ask register "$EC_GROUP" $(cut -d ' ' -f 1,2 /etc/ssh/ecluster/host_ed25519_key.pub)
[ -n "$CHANGED" ] || unchanged
