# The daemon runs, and so does the process of this server's part.

# Only those that the spec counts have a part; others mount the volume.
# shellcheck disable=SC2086 # a list of words
set -- $EC_PARAM_SERVERS
case " $* " in *" $EC_NODE "*) ;; *) exit 0 ;; esac

wait_for 60 "glusterd on $EC_NODE" unit active glusterd.service

# The process names its part with hyphens for slashes.
serving() { pgrep -f "^/usr/(s?bin|libexec)/.*glusterfsd .*--brick-name /srv/glusterfs/$EC_LABEL/brick" >/dev/null; }
wait_for 60 "the GlusterFS process of $EC_PARAM_PATH on $EC_NODE" serving
