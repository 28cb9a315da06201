# Every user is an account of the right number, and owns the home.

grep '^user|' /etc/ecluster/users | while IFS='|' read -r _ name uid _; do
    entry=$(getent passwd "$name") || die "the account $name is missing on $EC_NODE: take it out of users and back in, or remove the node and add a new one"
    case $entry in
        "$name:"*":$uid:$uid:"*) ;;
        *) die "the account $name on $EC_NODE is no longer $uid: somebody changed it; give it back with usermod" ;;
    esac
    [ -d "/home/$name" ] || die "/home/$name is missing on $EC_NODE: is /home mounted?"
done
