# Lmod starts, and login shells read it. One program, because a whole login
# shell takes ten.

[ -r /etc/profile.d/lmod.sh ] || die "login shells on $EC_NODE no longer read Lmod: /etc/profile.d/lmod.sh is missing"
said=$(/usr/share/lmod/lmod/libexec/lmod bash --version 2>&1) ||
    die "the command module does not work on $EC_NODE: $(printf %s "$said" | tail -n 1)"
