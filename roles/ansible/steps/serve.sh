# Ansible, the playbook, and the door through which nodes ask for it; all of it
# on the frontend. What nodes get comes with the other packages.

if [ "$EC_IS_FRONTEND" != true ]; then
    exit 0
fi

umask 077
label=$(printf %s "$EC_LABEL" | tr -c 'A-Za-z0-9-' _)
dir=/var/lib/ecluster/ansible/$label
mkdir -p "$dir"
printf '%s\n' "$EC_PARAM_PLAYBOOK" >"$dir/site.yml"
printf '%s\n%s\n%s\n' "$EC_PARAM_FILES" "$EC_PARAM_VARS" "$EC_PARAM_GROUPS" >"$EC_DIR/ansible.json"
unset EC_PARAM_PLAYBOOK EC_PARAM_FILES EC_PARAM_VARS EC_PARAM_GROUPS # too long for the environment of programs
umask 022

pkg installed ansible-core || pkg install ansible-core

python3 "$EC_FILES/lay.py" "$dir" "$EC_PARAM_TAGS" "$EC_PARAM_SKIP_TAGS" <"$EC_DIR/ansible.json"
[ -s "$dir/key" ] || ssh-keygen -q -t ed25519 -N '' -C "ansible@$EC_CLUSTER" -f "$dir/key"
file_put "$dir/ansible.cfg" 0600 root:root <<END
# Written by ecluster.
[defaults]
inventory = $dir/inventory
private_key_file = $dir/key
forks = 20
timeout = 60
retry_files_enabled = False
nocows = True
interpreter_python = auto_silent

[ssh_connection]
pipelining = True
retries = 3
ssh_args = -F none -o UserKnownHostsFile=$dir/known_hosts -o StrictHostKeyChecking=yes -o ControlMaster=auto -o ControlPersist=60s
END
said=$(cd "$dir" && ANSIBLE_CONFIG=$dir/ansible.cfg ansible-playbook -i localhost, --syntax-check site.yml 2>&1) ||
    die "the playbook ${EC_PARAM_NAME:-of the role ansible} can't be read: $(echo "$said" | sed -n 's/^\[\{0,1\}ERROR[]!:]* //p' | head -n 1)"

file_put /usr/local/lib/ecluster/ansible-door 0755 root:root <"$EC_FILES/door.py"
door=$(ssh-keygen -y -P '' -f "$EC_SECRETS/ansible_door") || die "the key by which nodes ask for Ansible is damaged"

# shellcheck source=/dev/null
. "$EC_DIR/mounts.sh" # for networks
from=$(networks | paste -sd ,)
[ -n "$from" ] || die "$EC_NODE has no private address: the nodes have no safe way to its Ansible"
file_put /etc/ssh/ecluster/door.ansible 0644 root:root <<END
# Written by ecluster: nodes ask the frontend to run playbooks.
restrict,from="$from",command="/usr/local/lib/ecluster/ansible-door" $door
END
