# The hub, on the frontend. The other nodes only have the programs that jobs
# start.

[ "$EC_IS_FRONTEND" = true ] || exit 0

command -v sbatch >/dev/null ||
    die "JupyterHub starts notebooks as jobs of SLURM, which this cluster does not have: add scheduler \"slurm\" {}"

# What makes cookies, and who may do what, is for the hub alone.
install -d -m 0700 /var/lib/jupyterhub

unit enable jupyterhub.service
unit restart jupyterhub.service
wait_for 300 "JupyterHub (see journalctl -u jupyterhub on $EC_NODE)" \
    python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1])' "http://127.0.0.1:$EC_PARAM_PORT/hub/health"
