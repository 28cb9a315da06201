# The playbook, after everything else, unless it ran before.

[ "$EC_PARAM_BEFORE" != true ] || exit 0

# shellcheck source=/dev/null
. "$EC_FILES/ask.sh"
run_playbook
