# The playbook, before this node joins the scheduler.

# shellcheck source=/dev/null
. "$EC_FILES/ask.sh"
run_playbook
