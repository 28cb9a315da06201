# shellcheck shell=sh
# Packages and labels on Rocky Linux, AlmaLinux and their like. Sourced by the
# runner (os_missing, os_clean, os_label, os_unit) and by lib.sh for the steps (all).
# Services don't start there when they are installed, so nothing holds them
# back. A package of another repository than the system's own is written
# epel:NAME or crb:NAME.

_ec_state=$EC_ROOT/var/lib/ecluster

# _ec_rpm NAME sets _ec_name to what rpm calls it: a version follows a hyphen.
_ec_rpm() {
  _ec_name=${1#epel:}
  _ec_name=${_ec_name#crb:}
  case $_ec_name in *=*) _ec_name=${_ec_name%%=*}-${_ec_name#*=} ;; esac
}

# os_missing NAME… sets missing to those that are not installed.
os_missing() {
  missing='' _ec_names=''
  for _ec_p in "$@"; do
    _ec_rpm "$_ec_p"
    _ec_names="$_ec_names $_ec_name"
  done
  # shellcheck disable=SC2086 # a list of words
  _ec_have=$(LC_ALL=C rpm -q -- $_ec_names 2>&1) || :
  for _ec_p in "$@"; do
    _ec_rpm "$_ec_p"
    case $_ec_have in *"package $_ec_name is not installed"*) missing="$missing $_ec_p" ;; esac
  done
}

# os_preseed has nobody to give answers to: debconf is Debian's.
os_preseed() { cat >/dev/null; }

os_clean() { :; }

# _ec_dnf ARGUMENT… runs dnf; its output is also in dnf.log. It has its own
# status for a lock that another program holds, and would wait for ever.
_ec_dnf() {
  _ec_left=60
  while :; do
    {
      LC_ALL=C dnf -y --setopt=install_weak_deps=False --setopt=exit_on_lock=True \
        --setopt=timeout=20 --setopt=retries=3 "$@" 2>&1 && echo 0 >"$EC_DIR/dnf.status" ||
        echo $? >"$EC_DIR/dnf.status"
    } | tee "$EC_DIR/dnf.log"
    read -r _ec_status <"$EC_DIR/dnf.status"
    [ "$_ec_status" = 200 ] && [ "$_ec_left" -gt 0 ] || return "$_ec_status"
    _ec_left=$((_ec_left - 1))
    sleep 2
  done
}

_ec_said() { grep -qE "$1" "$EC_DIR/dnf.log"; }

# _ec_extra WORD… enables the repositories that are asked for. What EPEL has
# needs packages of CRB. Fedora has all of it itself.
_ec_extra() {
  [ -n "$*" ] && [ "$EC_OS_ID" != fedora ] || return 0
  case " $* " in *' epel '*) set -- dnf-plugins-core epel-release ;; *) set -- dnf-plugins-core ;; esac
  os_missing "$@"
  # shellcheck disable=SC2086 # a list of words
  [ -z "$missing" ] || _ec_dnf install -- $missing || _ec_dnf_failed "$@"
  _ec_dnf config-manager --set-enabled crb || _ec_dnf_failed "the repository crb"
}

# os_install NAME… installs packages in one transaction. Without names it only
# repairs what an earlier run left half done: rpm takes a package for installed
# whose scripts were cut off.
os_install() {
  if [ -s "$_ec_state/packages-pending" ]; then
    echo 'an earlier installation was interrupted: what it installed is installed again'
    _ec_again=$(xargs rpm -q --qf '%{NAME}\n' -- <"$_ec_state/packages-pending" 2>/dev/null | grep -v ' ') || :
    # shellcheck disable=SC2086 # a list of words
    [ -z "$_ec_again" ] || _ec_dnf reinstall -- $_ec_again ||
      _ec_said 'No packages marked for reinstall' || _ec_dnf_failed $_ec_again
  fi
  if [ $# -gt 0 ]; then
    _ec_wanted='' _ec_from=''
    for _ec_p in "$@"; do
      _ec_rpm "$_ec_p"
      _ec_wanted="$_ec_wanted $_ec_name"
      case $_ec_p in epel:* | crb:*) _ec_from="$_ec_from ${_ec_p%%:*}" ;; esac
    done
    echo "$_ec_wanted" >"$_ec_state/packages-pending" ||
      die "can't write $_ec_state on the node: is its disk full or read-only?"
    # shellcheck disable=SC2086 # lists of words
    _ec_extra $_ec_from
    # Old lists may name packages that the mirror has no more.
    # shellcheck disable=SC2086
    _ec_dnf install -- $_ec_wanted ||
      { _ec_said 'Status code: 404|Unable to find a match' && _ec_dnf --refresh install -- $_ec_wanted; } ||
      _ec_dnf_failed $_ec_wanted
  fi
  rm -f "$_ec_state/packages-pending"
}

# _ec_dnf_failed NAME… ends the step with the reason in one sentence.
_ec_dnf_failed() {
  if _ec_said 'No space left on device|more space needed'; then
    die "the node's disk is full: there is no room for $*"
  elif [ "$_ec_status" = 200 ]; then
    die "another program has been installing packages on the node for two minutes; try again when it is done"
  elif _ec_said 'Unable to find a match|No matching repo'; then
    die "$(sed -nE 's/^Error: (Unable to find a match|No matching repo to modify): (.*[^.])\.?$/\2/p' "$EC_DIR/dnf.log" | head -n 1): no such package in the node's repositories; check the name, or the image's package sources"
  elif _ec_said 'Curl error|Failed to download|Cannot download|Status code: [45]'; then
    die "the package repository can't be reached from the node: $(grep -m 1 -oE '(Curl error|Status code:|Failed to download|Cannot download).*' \
      "$EC_DIR/dnf.log" | cut -c 1-160); check the node's network and name service"
  elif _ec_said '^ Problem|conflicts with|nothing provides'; then
    die "the packages don't fit together on this node; the log says which of $*"
  fi
  die "dnf failed: $(grep -m 1 '^Error' "$EC_DIR/dnf.log" | cut -c 1-200)"
}

# os_unit NAME sets _ec_unit to what a service of Debian's name is called.
os_unit() {
  case $1 in
    ssh.service) _ec_unit=sshd.service ;;
    chrony.service) _ec_unit=chronyd.service ;;
    nfs-kernel-server.service) _ec_unit=nfs-server.service ;;
    *) _ec_unit=$1 ;;
  esac
}

_ec_selinux() { [ -e "$EC_ROOT/sys/fs/selinux/enforce" ]; }

# os_label PATH NEW gives the file NEW, which becomes PATH, the label that the
# policy wants for PATH: at once, so that no cut leaves it with another. For
# some, as below /tmp, it wants none.
os_label() {
  _ec_selinux || return 0
  _ec_context=$(matchpathcon -n "$1") || return
  [ "$_ec_context" = '<<none>>' ] || chcon -- "$_ec_context" "$2"
}

# selinux boolean NAME switches a boolean on for good.
# selinux label TYPE PATH labels what is at and below PATH, now and later; the
# role installs policycoreutils-python-utils.
# selinux restore PATH gives what is at and below PATH the labels of the policy.
selinux() {
  _ec_selinux || return 0
  case $1 in
    boolean)
      case $(getsebool "$2") in *'--> on') return 0 ;; esac
      setsebool -P "$2" on || die "SELinux on this node refuses to switch $2 on: see 'getsebool $2'"
      ;;
    label)
      case $(matchpathcon -n "$3") in *":$2:"*) ;; *)
        semanage fcontext -a -t "$2" "$3(/.*)?" || die "SELinux on this node refuses the label $2 for $3"
        ;;
      esac
      restorecon -R "$3"
      ;;
    restore) restorecon -R "$2" ;;
    *) die "selinux: boolean, label or restore, not $1" ;;
  esac
}
