# The key of the pool, and the token of this node's daemons, signed with it.
# HTCondor takes a key for text that ends at the first zero byte, so it gets
# the secret in hexadecimal.

umask 077
install -d -m 0700 /etc/condor/passwords.d /etc/condor/tokens.d

key=/etc/condor/passwords.d/POOL
rm -f "$key.new"
od -An -v -tx1 "$EC_SECRETS/htcondor_key" | tr -d ' \n' | condor_store_cred add -c -f "$key.new" -i - ||
    die "HTCondor did not take the key of the pool on $EC_NODE: see the log"
[ "$(wc -c <"$key.new")" -ge 64 ] || die "HTCondor wrote no whole key of the pool to $key.new on $EC_NODE"
mv -f "$key.new" "$key"

token=/etc/condor/tokens.d/ecluster
condor_token_create -identity "condor@$EC_PARAM_POOL" -file "$token.new" ||
    die "HTCondor made no token for $EC_NODE: see the log"
mv -f "$token.new" "$token"
