# Host name, time zone, and resource limits.

if [ "$(uname -n)" != "$EC_NODE" ]; then
    hostnamectl set-hostname "$EC_NODE" ||
        die "this machine is called $(uname -n) and can't be renamed to $EC_NODE"
fi

if [ -n "$EC_PARAM_TIMEZONE" ]; then
    zone=/usr/share/zoneinfo/$EC_PARAM_TIMEZONE
    [ -f "$zone" ] ||
        die "there is no time zone \"$EC_PARAM_TIMEZONE\"; write one like \"Europe/Zurich\""
    ln -snf "$zone" /etc/localtime
    echo "$EC_PARAM_TIMEZONE" >/etc/timezone
fi

# A limit that this node may not raise would make PAM refuse the login: only
# what the kernel grants right now is written.
nofile=$(prlimit --nofile --output HARD --noheadings | tr -d ' ')
if [ "$nofile" = unlimited ] || [ "$nofile" -gt 131072 ]; then
    nofile=131072
fi
memlock="# memlock: this node may not raise it"
if prlimit --memlock=unlimited true 2>/dev/null; then
    memlock="* - memlock unlimited"
fi

file_put /etc/security/limits.d/ecluster.conf 0644 root:root <<END
# Written by ecluster: many open files, and locked memory for fast networks.
* soft nofile $nofile
$memlock
END
