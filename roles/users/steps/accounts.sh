# The accounts, groups, keys and rules of this node, from /etc/ecluster/users.

list=/etc/ecluster/users
ours=/var/lib/ecluster/users # the names that this role has made

# All is looked at before anything is changed. A newline or bar inside of a
# value shows as a line or part that can't be.
awk -F'|' '
    function bad(why) { print why; exit 1 }
    /^#/ || /^$/ { next }
    $1 == "group" || $1 == "user" {
        if ($2 !~ /^[a-z_][a-z0-9_-]*$/ || length($2) > 32) bad("\"" $2 "\" is no name of a " $1 ": lower-case letters, digits, _ and -, at most 32")
        if ($3 !~ /^[0-9]+$/ || $3 < 1000 || $3 > 60000) bad("the " ($1 == "user" ? "uid" : "gid") " of " $2 " is " $3 ": choose a whole number from 1000 to 60000")
        if (($1, $2) in seen) bad("the " $1 " " $2 " is in the list twice: remove one")
        seen[$1, $2] = 1
        if ($3 in id) bad($2 " and " id[$3] " have the same number " $3 ": give one of them another")
        id[$3] = $2
    }
    $1 == "group" { if (NF != 3) bad("the group " $2 " has characters that can not be"); next }
    $1 == "user" {
        if (NF != 6 || $4 !~ /^\/[A-Za-z0-9\/._-]+$/ || $6 !~ /^[a-z0-9_,-]*$/)
            bad("the shell or a group of " $2 " has characters that can not be")
        next
    }
    $1 == "key" && $3 ~ /^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+\/=]+( [^|]*)?$/ { next }
    $1 == "key" { bad("a key of " $2 " is no public SSH key: write one as in id_ed25519.pub, \"ssh-ed25519 AAAA...\"") }
    { bad("a value has more than one line: \"" $0 "\"") }
' "$list" >/run/ecluster-users || die "$(cat /run/ecluster-users)"
rm -f /run/ecluster-users

# number group|passwd NAME ID: is NAME there already? Another owner of either
# ends the step.
number() {
    has=$(getent "$1" "$2" | cut -d: -f3)
    owner=$(getent "$1" "$3" | cut -d: -f1)
    case $1 in group) what=gid ;; *) what=uid ;; esac
    [ "${has:-$3}" = "$3" ] ||
        die "$2 has the $what $has on $EC_NODE already, not $3: write that number, or another name"
    [ "${owner:-$2}" = "$2" ] ||
        die "the $what $3 belongs to $owner on $EC_NODE already: give $2 another one"
    [ -n "$has" ]
}

# member USER GROUP: is USER in GROUP?
member() { id -nG "$1" | tr ' ' '\n' | grep -qxF "$2"; }

# The groups that this role may also take users out of.
declared=$(awk -F'|' '$1 == "group" { print $2 }' "$list")
grep '^group|' "$list" | while IFS='|' read -r _ name gid; do
    number group "$name" "$gid" || groupadd --gid "$gid" "$name"
done

touch "$ours"
grep '^user|' "$list" | while IFS='|' read -r _ name uid shell sudo groups; do
    [ "$name" != "$EC_LOGIN_USER" ] || die "$name is the login user already: take it out of users"
    [ -x "$shell" ] || die "$EC_NODE has no shell $shell for $name: install it with the role packages, or choose another"
    # The account is looked at before its group: people wrote the uid.
    account=new
    if number passwd "$name" "$uid"; then account=old; fi
    number group "$name" "$uid" || groupadd --gid "$uid" "$name"
    grep -qxF "$name" "$ours" || echo "$name" >>"$ours"
    [ "$account" = old ] || useradd --uid "$uid" --gid "$uid" --home-dir "/home/$name" \
        --no-create-home --shell "$shell" --password '*' "$name"

    entry=$(getent passwd "$name")
    [ "${entry##*:}" = "$shell" ] || usermod --shell "$shell" "$name"
    case $(getent shadow "$name") in
        "$name:!"*) usermod --unlock --expiredate '' "$name" ;; # back in the list
    esac
    for group in $(echo "$groups" | tr , ' '); do
        getent group "$group" >/dev/null ||
            die "$EC_NODE has no group $group for $name: add it to groups with a gid"
        member "$name" "$group" || gpasswd --add "$name" "$group" >/dev/null
    done
    for group in $declared; do
        case ,$groups, in *",$group,"*) continue ;; esac
        if member "$name" "$group"; then gpasswd --delete "$name" "$group" >/dev/null; fi
    done

    awk -F'|' -v name="$name" '$1 == "key" && $2 == name { print $3 }' "$list" |
        file_put "/etc/ssh/ecluster/$name" 0644 root:root
    if [ "$sudo" = true ]; then
        echo "$name ALL=(ALL:ALL) NOPASSWD: ALL" | file_put "/etc/sudoers.d/ecluster-$name" 0440 root:root
    else
        rm -f "/etc/sudoers.d/ecluster-$name"
    fi
done

# Who left the list, and is not locked out yet.
while read -r name; do
    if grep -q "^user|$name|" "$list"; then continue; fi
    case $(getent shadow "$name") in "$name:!"*) continue ;; esac
    rm -f "/etc/ssh/ecluster/$name" "/etc/sudoers.d/ecluster-$name"
    usermod --lock --expiredate 1 "$name"
    [ "$EC_IS_FRONTEND" != true ] ||
        notice info "$name is no longer in users: the account is locked, the files in /home/$name stay"
done <"$ours"
