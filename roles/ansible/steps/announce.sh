# By which keys the frontend is known: its own, and that of its Ansible.

unset EC_PARAM_PLAYBOOK EC_PARAM_FILES EC_PARAM_VARS # too long for the environment of programs

if [ "$EC_IS_FRONTEND" = true ]; then
    label=$(printf %s "$EC_LABEL" | tr -c 'A-Za-z0-9-' _)
    fact set "ansible.server.$EC_LABEL" \
        "$(cut -d ' ' -f 1,2 /etc/ssh/ecluster/host_ed25519_key.pub) $(cut -d ' ' -f 1,2 "/var/lib/ecluster/ansible/$label/key.pub")"
fi
unchanged
