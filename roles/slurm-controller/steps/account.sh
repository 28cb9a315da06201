# Makes the cluster and the login user known to slurmdbd, so that jobs run
# whether or not AccountingStorageEnforce is set later.

[ "$EC_PARAM_ACCOUNTING" = true ] || exit 0

known() { sacctmgr --noheader --parsable2 list "$@" | grep -q .; }

wait_for 60 slurmdbd sacctmgr --noheader list cluster
known cluster "$EC_PARAM_CLUSTER_NAME" ||
    sacctmgr --immediate add cluster "$EC_PARAM_CLUSTER_NAME"
known account users ||
    sacctmgr --immediate add account users cluster="$EC_PARAM_CLUSTER_NAME" Description="everybody"
known user "$EC_LOGIN_USER" ||
    sacctmgr --immediate add user "$EC_LOGIN_USER" account=users
