#!/bin/sh
# The runner carries out plan.sh on a node, in one session.
#
#   sh run.sh DIR       DIR holds the unpacked bundle and is removed at the end
#
# Standard input: one line "run NONCE once|serve PHASES TIME", then at any time
#   fact NAME BASE64 · exec ID BASE64 · kill ID · end
# and its end cancels everything. Standard output: events, one JSON object a
# line. Standard error: the noise of the steps, between marker lines that begin
# with the record separator and NONCE.
#
# It must be cheap when there is nothing to do: what runs on that path uses
# builtins only, or one program for all steps or files together.
# EC_ROOT is a prefix of all paths on the node; only tests set it.
# shellcheck disable=SC2034,SC2154 # variables are shared between the parts of the runner
set -u
umask 077
export LC_ALL=C
EC_DIR=$1
EC_ROOT=${EC_ROOT-}
export EC_DIR EC_ROOT
cd "$EC_DIR" || exit 90
state=$EC_ROOT/var/lib/ecluster
rebooting=$EC_ROOT/run/ecluster.reboot
logs=$EC_ROOT/var/log/ecluster
nl='
'
on='' phases='' key='' fk='' role='' label='' step='' ran='' wanted='' listed='' count=0 began=0
looked='' stats='' changed='' watchdog='' launching='' message='' noise='' status=0
for part in say watch launch verbs serve; do
  # shellcheck source=/dev/null
  . "./$part.sh"
done

# system finds out what the node runs.
system() {
  id='' like='' version=''
  while IFS='=' read -r name value; do
    value=${value#\"}
    value=${value%\"}
    case $name in
      ID) id=$value ;;
      ID_LIKE) like=$value ;;
      VERSION_ID) version=$value ;;
    esac
  done <"$EC_ROOT/etc/os-release"
  EC_OS_ID=${id:-linux} EC_OS_VERSION=$version EC_OS_FAMILY=unknown
  case " $id $like " in
    *' debian '* | *' ubuntu '*) EC_OS_FAMILY=debian ;;
    *' rhel '* | *' centos '* | *' fedora '*)
      EC_OS_FAMILY=redhat
      version=${version%%.*} # Rocky Linux 9.4 is a 9 like the others
      ;;
  esac
  EC_OS=$EC_OS_ID${version:+-$version}
  os_label() { :; }
  os_unit() { _ec_unit=$1; }
  # shellcheck source=/dev/null
  [ ! -e "os-$EC_OS_FAMILY.sh" ] || . "./os-$EC_OS_FAMILY.sh"
  export EC_OS EC_OS_ID EC_OS_VERSION EC_OS_FAMILY
}

# clocks says when the clock here differs much from the caller's: between nodes,
# munge bears five minutes, and what fails then says nothing of clocks.
clocks() {
  n=$(($(date +%s) - ${asked:-0}))
  way='ahead of'
  if [ "$n" -lt 0 ]; then n=$((-n)) way=behind; fi
  [ "$phases" != - ] && [ "${asked:-0}" -gt 0 ] && [ "$n" -gt 120 ] || return 0
  json notice level warning text "the clock here is $((n / 60)) minutes $way that of the computer which runs ecluster; nodes whose clocks differ by more than 5 minutes refuse each other's credentials (munge): the role ntp keeps clocks right"
}

# lock makes sure that no other run is at work. One that was killed needs a
# moment until its watchdog has noticed; one whose network was cut lasts until
# sshd misses its client (ClientAliveInterval, some 20 seconds).
lock() {
  flock -n 9 && return 0
  json notice level info text 'another run of ecluster is still at work on this node; waiting for its end'
  patience=120
  [ -z "$EC_ROOT" ] || patience=5
  flock -w "$patience" 9 &
  wait $! || {
    clock
    began=$now
    holders
    fail 'another ecluster is at work on this node; wait until it is done, or stop it'
  }
}

# holders writes to the log what keeps the lock.
holders() {
  for f in /proc/[0-9]*/fd/9; do
    [ "$(readlink "$f" 2>/dev/null)" = "$EC_ROOT/run/ecluster.lock" ] || continue
    p=${f%/fd/9}
    printf '%s %s %s\n' "$p" "$(cut -d ' ' -f 3-4 "$p/stat")" "$(tr '\000' ' ' <"$p/cmdline")"
  done >&2
}

IFS=' ' read -r verb nonce serving phases asked || exit 91
[ "$verb" = run ] || exit 91
exec 3>&1 1>&2 6<&0 </dev/null
for folder in "$state/stamps" "$state/facts" "$state/pending" "$logs"; do
  [ -d "$folder" ] || mkdir -p "$folder"
done
mkfifo wake noise copy kept
exec 4<>wake 8<>kept
trap finish EXIT
trap cancel TERM HUP INT
trap : PIPE
system
json hello os "$EC_OS" arch "$(uname -m)"
clocks
exec 9>"$EC_ROOT/run/ecluster.lock"
watch <&6 3>&- 8>&- 6<&- &
watchdog=$!
exec 6<&-
lock
if [ -e "$rebooting" ]; then
  json reboot going yes
  exit 1
fi
type os_clean >/dev/null 2>&1 && os_clean # what a run left that was killed
# shellcheck source=/dev/null
. ./plan.sh
[ "$serving" != serve ] || serve
exit 0
