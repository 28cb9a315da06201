# The frontend has Ansible, and a node lets it in.

if [ "$EC_IS_FRONTEND" = true ]; then
    { [ -x /usr/local/lib/ecluster/ansible-door ] && command -v ansible-playbook >/dev/null; } ||
        die "Ansible is gone from $EC_NODE: run ecluster setup again"
elif [ ! -s /etc/ssh/ecluster/root.ansible ]; then
    die "$EC_NODE does not let the frontend's Ansible in: run ecluster setup again"
fi
