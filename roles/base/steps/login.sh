# The one ordinary user: same name, uid and gid on every node. Its home is
# made later, when the shares are mounted.

user=$EC_LOGIN_USER
uid=$EC_LOGIN_UID

has=$(id -u "$user" 2>/dev/null || true)
[ "${has:-$uid}" = "$uid" ] ||
    die "the image has a user $user with uid $has, not $uid: choose another login user or uid in the spec"

owner=$(getent passwd "$uid" | cut -d: -f1)
[ "${owner:-$user}" = "$user" ] ||
    die "the image gives uid $uid to $owner: choose another login uid than that for $user in the spec"

group=$(getent group "$uid" | cut -d: -f1)
[ "${group:-$user}" = "$user" ] ||
    die "the image gives gid $uid to the group $group: choose another login uid than that for $user in the spec"

[ -n "$group" ] || groupadd --gid "$uid" "$user"
[ -n "$has" ] || useradd --uid "$uid" --gid "$uid" --home-dir "/home/$user" \
    --no-create-home --shell /bin/bash --password '*' "$user"

install -d -m 0755 /etc/ssh/ecluster
file_put "/etc/ssh/ecluster/$user" 0644 root:root <"$EC_KEYS"
# Who sets this node up has a home below /home too, which a share may hide.
case ${SUDO_USER:-root} in
    root | "$user") ;;
    *) file_put "/etc/ssh/ecluster/$SUDO_USER" 0644 root:root <"$EC_KEYS" ;;
esac

sudoers=/etc/sudoers.d/ecluster
if [ "$EC_LOGIN_SUDO" = true ]; then
    rule="$user ALL=(ALL:ALL) NOPASSWD: ALL"
    echo "$rule" | visudo -cqf - || die "sudo does not accept the rule \"$rule\""
    echo "$rule" | file_put "$sudoers" 0440 root:root
else
    rm -f "$sudoers"
fi
