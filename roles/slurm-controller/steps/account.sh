# Makes the cluster, the login user and the names of the QOS known to slurmdbd:
# slurmctld wants them when it starts. What the QOS allow is told later
# (policies.sh), because slurmctld brings the GPUs' unit of account.

[ "$EC_PARAM_ACCOUNTING" = true ] || exit 0

known() { sacctmgr --noheader --parsable2 list "$@" | grep -q .; }

wait_for 60 slurmdbd sacctmgr --noheader list cluster
known cluster "$EC_PARAM_CLUSTER_NAME" ||
    sacctmgr --immediate add cluster "$EC_PARAM_CLUSTER_NAME"
known account users ||
    sacctmgr --immediate add account users cluster="$EC_PARAM_CLUSTER_NAME" Description="everybody"
known user "$EC_LOGIN_USER" ||
    sacctmgr --immediate add user "$EC_LOGIN_USER" account=users

missing=$(sacctmgr --noheader --parsable2 list qos format=name |
    awk -F '\t' '
        FILENAME == "-" { have[$1] = 1; next }
        $1 == "qos" && !($2 in have) { print $2 }
    ' - /etc/slurm/ecluster/policies | paste -sd ,)
[ -z "$missing" ] || sacctmgr --immediate add qos "$missing"
