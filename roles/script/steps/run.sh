# The user's own last word on this node. The text stays where an administrator
# finds it; it leaves the environment, where a long one would not fit.

umask 077
name=$(printf %s "$EC_PARAM_NAME" | tr -c 'A-Za-z0-9._-' _)
text=/var/lib/ecluster/script.$name
printf '%s\n' "$EC_PARAM_SCRIPT" >"$text"
chmod 0700 "$text"

case $EC_PARAM_SCRIPT in
    '#!'*) set -- "$text" ;;
    *) set -- sh "$text" ;;
esac
unset EC_PARAM_SCRIPT
umask 022

status=0
"$@" || status=$?
[ "$status" -eq 0 ] ||
    die "the script $EC_PARAM_NAME ended with exit code $status on $EC_NODE; its text is in $text"
