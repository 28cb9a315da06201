# The hub answers, and the program that its jobs start is there.

command -v jupyterhub-singleuser >/dev/null ||
    die "jupyterhub-singleuser is no longer on $EC_NODE: install the package jupyterhub again"
[ "$EC_IS_FRONTEND" = true ] || exit 0

running=$(systemctl is-active jupyterhub.service || true)
if [ "$running" != active ]; then
    # It is "activating" when the node has just booted.
    [ "$running" = activating ] || notice warning "JupyterHub was not running on $EC_NODE; it was started"
    unit start jupyterhub.service
fi
wait_for 300 "JupyterHub (see journalctl -u jupyterhub on $EC_NODE)" \
    python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1])' "http://127.0.0.1:$EC_PARAM_PORT/hub/health"
