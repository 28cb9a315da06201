# The homes. /home may be shared, so all nodes race for them: each makes a
# whole one aside, the first rename wins, the others throw theirs away.

grep '^user|' /etc/ecluster/users | while IFS='|' read -r _ name uid _; do
    home=/home/$name
    if [ ! -d "$home" ]; then
        mine=/home/.$name.$EC_NODE
        rm -rf "$mine"
        umask 077
        cp -RT /etc/skel "$mine"
        mkdir -p "$mine/.ssh"
        ssh-keygen -q -t ed25519 -N '' -C "$name@$EC_CLUSTER" -f "$mine/.ssh/id_ed25519"
        cp "$mine/.ssh/id_ed25519.pub" "$mine/.ssh/authorized_keys"
        chown -R "$uid:$uid" "$mine"
        selinux restore "$mine" # or sshd may not read the keys in it
        mv -T "$mine" "$home" 2>/dev/null || rm -rf "$mine"
    fi
    owner=$(stat -c %u "$home") || die "$home is missing and can't be made on $EC_NODE"
    [ "$owner" = "$uid" ] ||
        die "$home belongs to uid $owner, not to $name ($uid): give it back with chown, or give $name the uid $owner"
done
