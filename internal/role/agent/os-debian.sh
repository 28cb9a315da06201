# shellcheck shell=sh
# Packages on Debian and Ubuntu. Sourced by the runner (os_missing, os_clean)
# and by lib.sh for the steps (all of it).

_ec_policy=$EC_ROOT/usr/sbin/policy-rc.d
_ec_state=$EC_ROOT/var/lib/ecluster

# os_missing NAME… sets missing to those that are not installed.
os_missing() {
  missing=''
  # shellcheck disable=SC2016 # dpkg's variables, not ours
  _ec_have=$(dpkg-query -W -f ' ${Package}:${Architecture} ${Package} ${db:Status-Status}\n' \
    -- "$@" 2>/dev/null) || :
  for _ec_p in "$@"; do
    case $_ec_have in
      *" ${_ec_p%%=*} installed"*) ;;
      *) missing="$missing $_ec_p" ;;
    esac
  done
}

# os_preseed reads answers for debconf.
os_preseed() { debconf-set-selections; }

# Without a policy the packages' scripts start every daemon at once, before it
# is configured: slurmd alone then waits 90 seconds for a controller.
_ec_hold() {
  if [ -e "$_ec_policy" ] && ! _ec_ours; then mv -f "$_ec_policy" "$_ec_policy.ecluster-saved"; fi
  printf '#!/bin/sh\n# ecluster: services start when they are configured\nexit 101\n' >"$_ec_policy"
  chmod 755 "$_ec_policy"
}

_ec_ours() {
  { read -r _ && read -r _ec_mark; } <"$_ec_policy" && [ "${_ec_mark#\# ecluster}" != "$_ec_mark" ]
} 2>/dev/null

# os_clean takes the policy away again, whoever left it.
os_clean() {
  if [ -e "$_ec_policy" ] && _ec_ours; then rm -f "$_ec_policy"; fi
  if [ -e "$_ec_policy.ecluster-saved" ]; then mv -f "$_ec_policy.ecluster-saved" "$_ec_policy"; fi
}

# _ec_apt ARGUMENT… runs apt-get; its output is also in apt.log.
_ec_apt() {
  {
    DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true NEEDRESTART_SUSPEND=1 \
      UCF_FORCE_CONFFOLD=1 APT_LISTCHANGES_FRONTEND=none LC_ALL=C \
      apt-get -q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 \
      -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
      -o Acquire::Retries=3 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
      -o Acquire::Languages=none -o APT::Keep-Downloaded-Packages=false "$@" 2>&1 && echo 0 >"$EC_DIR/apt.status" ||
      echo $? >"$EC_DIR/apt.status"
  } | tee "$EC_DIR/apt.log"
  read -r _ec_status <"$EC_DIR/apt.status"
  return "$_ec_status"
}

_ec_said() { grep -qE "$1" "$EC_DIR/apt.log"; }

# _ec_update fetches the lists. Their lock has no timeout of its own, and a
# cloud image may be busy with its daily update when we arrive.
_ec_update() {
  _ec_left=60
  until _ec_apt update; do
    _ec_said 'Could not get lock' && [ "$_ec_left" -gt 0 ] || return 1
    _ec_left=$((_ec_left - 1))
    sleep 2
  done
  : >"$_ec_state/apt-updated"
}

# _ec_fresh is true when the lists are there and younger than a day.
_ec_fresh() {
  set -- "$EC_ROOT"/var/lib/apt/lists/*_*Release
  [ -e "$1" ] && [ -n "$(find "$EC_ROOT/var/lib/apt/lists" "$_ec_state/apt-updated" -maxdepth 0 -mmin -1440 2>/dev/null)" ]
}

# os_install NAME… installs packages in one transaction. Without names it only
# repairs what an earlier run left half done.
os_install() {
  if [ -e "$_ec_state/packages-pending" ]; then
    _ec_hold
    echo 'an earlier installation was interrupted: dpkg --configure -a'
    DEBIAN_FRONTEND=noninteractive dpkg --configure -a --force-confdef --force-confold || :
    _ec_apt -f install || _ec_apt_failed "$@"
  fi
  if [ $# -gt 0 ]; then
    : >"$_ec_state/packages-pending" || die "can't write $_ec_state on the node: is its disk full or read-only?"
    _ec_hold
    _ec_updated=''
    _ec_fresh || { _ec_update && _ec_updated=1; } || echo 'going on with the package lists that are there'
    if ! _ec_apt install --no-install-recommends -- "$@"; then
      if _ec_said 'dpkg was interrupted'; then
        DEBIAN_FRONTEND=noninteractive dpkg --configure -a --force-confdef --force-confold || :
      elif [ -z "$_ec_updated" ] && _ec_said 'Unable to locate package|no installation candidate|404 +Not Found|was not found'; then
        _ec_update || _ec_apt_failed "$@"
      else
        _ec_apt_failed "$@"
      fi
      _ec_apt install --no-install-recommends -- "$@" || _ec_apt_failed "$@"
    fi
  fi
  os_clean
  rm -f "$_ec_state/packages-pending"
}

# _ec_apt_failed NAME… ends the step with the reason in one sentence.
_ec_apt_failed() {
  os_clean
  if _ec_said 'No space left on device|enough free space'; then
    die "the node's disk is full: there is no room for $*"
  elif _ec_said 'Could not get lock|Unable to (acquire|lock)'; then
    die "another program has been installing packages on the node for two minutes; try again when it is done"
  elif _ec_said 'Unable to locate package|no installation candidate|Version .* was not found'; then
    die "$(sed -nE "s/^E: Unable to locate package (.*)/\1/p; s/^E: Package '(.*)' has no installation candidate/\1/p; s/^E: Version '(.*)' for '(.*)' was not found/\2=\1/p" \
      "$EC_DIR/apt.log" | sort -u | paste -sd ' '): no such package in the node's repositories; check the name, or the image's package sources"
  elif _ec_said 'resolving|Could not (connect|resolve)|Unable to (connect|fetch)|Failed to fetch|timed out|unreachable|404 +Not Found'; then
    die "the package repository can't be reached from the node: $(grep -m 1 -oE '(Temporary failure|Could not (connect|resolve)|Connection|Unable to connect|404 +Not Found|Network is).*' \
      "$EC_DIR/apt.log" | cut -c 1-160); check the node's network and name service"
  elif _ec_said 'unmet dependencies|held broken packages'; then
    die "the packages don't fit together on this node; the log says which of $*"
  fi
  die "apt-get failed: $(grep -m 1 '^E: ' "$EC_DIR/apt.log" | cut -c 4-200)"
}
