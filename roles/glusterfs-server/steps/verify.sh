# The daemon runs, and so does the process of this server's part.

unit active glusterd.service || die "glusterd does not run on $EC_NODE"

# The process names its part with hyphens for slashes.
serving() { pgrep -f "^/usr/(s?bin|libexec)/.*glusterfsd .*--brick-name /srv/glusterfs/$EC_LABEL/brick" >/dev/null; }
wait_for 60 "the GlusterFS process of $EC_PARAM_PATH on $EC_NODE" serving
