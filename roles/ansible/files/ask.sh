# ask VERB [WORD...]: what this node asks of the frontend's Ansible. On the
# frontend itself no door is needed.

# shellcheck shell=sh
unset EC_PARAM_PLAYBOOK EC_PARAM_FILES EC_PARAM_VARS # too long for the environment of programs

label=$(printf %s "$EC_LABEL" | tr -c 'A-Za-z0-9-' _)

ask() {
    verb=$1
    shift
    if [ "$EC_IS_FRONTEND" = true ]; then
        SSH_ORIGINAL_COMMAND="$label $verb $EC_NODE $*" /usr/local/lib/ecluster/ansible-door
        return
    fi
    install -m 0600 "$EC_SECRETS/ansible_door" "$EC_DIR/door"
    echo "$EC_FRONTEND $(fact get "ansible.server.$EC_LABEL" | cut -d ' ' -f 1,2)" >"$EC_DIR/door.known"
    ssh -T -F none -i "$EC_DIR/door" -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=30 -o ConnectionAttempts=4 \
        -o ServerAliveInterval=15 -o UserKnownHostsFile="$EC_DIR/door.known" -o StrictHostKeyChecking=yes -o LogLevel=ERROR \
        "root@$EC_FRONTEND" "$label $verb $EC_NODE $*" </dev/null
}

run_playbook() {
    ask run || die "the playbook ${EC_PARAM_NAME:-of the role ansible} failed on $EC_NODE; the log of this step has what Ansible said"
}
