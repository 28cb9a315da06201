# The home of the login user. /home may be shared, so all nodes race for it:
# each makes a whole one aside, the first rename wins, the others throw
# theirs away. The key in it opens every node that sees the same home.

home=/home/$EC_LOGIN_USER

if [ ! -d "$home" ]; then
    mine=/home/.$EC_LOGIN_USER.$EC_NODE
    rm -rf "$mine"
    umask 077
    cp -RT /etc/skel "$mine"
    mkdir "$mine/.ssh"
    ssh-keygen -q -t ed25519 -N '' -C "$EC_LOGIN_USER@$EC_CLUSTER" -f "$mine/.ssh/id_ed25519"
    cp "$mine/.ssh/id_ed25519.pub" "$mine/.ssh/authorized_keys"
    chown -R "$EC_LOGIN_UID:$EC_LOGIN_UID" "$mine"
    selinux restore "$mine" # or sshd may not read the keys in it
    mv -T "$mine" "$home" 2>/dev/null || rm -rf "$mine"
fi

owner=$(stat -c %u "$home") || die "$home is missing and can't be made on $EC_NODE"
[ "$owner" = "$EC_LOGIN_UID" ] ||
    die "$home belongs to uid $owner, not to $EC_LOGIN_USER ($EC_LOGIN_UID): give it back with chown, or set the login uid to $owner in the spec"

# A node that replaces one of the same name has a new host key.
known=$home/.ssh/known_hosts
if [ -e "$known" ]; then
    runuser -u "$EC_LOGIN_USER" -- flock "$home/.ssh" ssh-keygen -q -R "$EC_NODE" -f "$known" || true
fi
