# shellcheck shell=sh
# The verbs of steps. A step runs with set -eu, as root, in /, its standard
# input empty; see CONTRIBUTING.md.

# die TEXT ends the step; TEXT is what the user reads.
die() {
  printf %s "$*" >"$EC_SAID.message"
  echo "$*" >&2
  exit 1
}

# notice info|warning TEXT is a sentence for the user.
notice() {
  case $1 in
    info | warning) ;;
    *) die "notice: the level is info or warning, not $1" ;;
  esac
  _ec_n=1
  while [ -e "$EC_SAID.notice.$_ec_n.info" ] || [ -e "$EC_SAID.notice.$_ec_n.warning" ]; do
    _ec_n=$((_ec_n + 1))
  done
  printf %s "$2" >"$EC_SAID.notice.$_ec_n.$1"
}

# unchanged says that a step which always runs found nothing to do.
unchanged() { : >"$EC_SAID.unchanged"; }

# reboot WHY ends the step: the node reboots, and then the set-up begins again,
# with this step, which must see that it has what it wanted. WHY is a reason in
# a few words, "the new kernel needs it".
reboot() {
  if systemd-detect-virt --quiet --container; then
    die "the node needs a reboot ($1), which a container can't do: use a virtual machine for this role"
  fi
  printf %s "$1" >"$EC_SAID.reboot"
  exit 0
}

# fact set NAME VALUE: known everywhere when the step has ended well.
# fact get NAME: prints a fact of this run, or one of this node's own.
fact() {
  case $1 in
    set) printf %s "$3" >"$EC_SAID.fact.$2" ;;
    get)
      for _ec_f in "$EC_SAID.fact.$2" "$EC_DIR/facts/$2" "$EC_ROOT/var/lib/ecluster/facts/$2"; do
        if [ -e "$_ec_f" ]; then
          cat "$_ec_f"
          return 0
        fi
      done
      die "the fact $2 is not known; the step must wait for it in role.hcl"
      ;;
    *) die "fact: set or get, not $1" ;;
  esac
}

# wait_for SECONDS WHAT COMMAND… repeats the command until it succeeds.
wait_for() {
  _ec_limit=$1 _ec_what=$2 _ec_pause=0.05
  shift 2
  _ec_uptime
  _ec_until=$((_ec_now + _ec_limit))
  until "$@" >/dev/null 2>&1; do
    _ec_uptime
    if [ "$_ec_now" -ge "$_ec_until" ]; then
      "$@" && return 0 # the last attempt shows what is wrong
      die "$_ec_what did not come up within $_ec_limit seconds"
    fi
    sleep "$_ec_pause"
    case $_ec_pause in 0.05) _ec_pause=0.1 ;; 0.1) _ec_pause=0.25 ;; esac
  done
}

_ec_uptime() {
  read -r _ec_now _ </proc/uptime
  _ec_now=${_ec_now%.*}
}

# file_put PATH MODE OWNER < CONTENT writes a file when it differs, atomically,
# and then sets CHANGED=1. Not at the end of a pipe: CHANGED would be lost. A
# step that was cut after it wrote a file may not have acted on it: until it
# has ended well once, CHANGED is set for that file again. A path that is itself
# a mount, as /etc/hosts is in a container, can't be replaced: it is written into.
# shellcheck disable=SC2034 # for the step
CHANGED=''
_ec_put=$EC_ROOT/var/lib/ecluster/pending/$EC_KEY.$EC_STEP.put _ec_stale=''
[ ! -e "$_ec_put" ] || _ec_stale=$(cat "$_ec_put")
file_put() {
  [ -d "${1%/*}" ] || mkdir -p "${1%/*}"
  _ec_new=$1.ecluster-new
  (umask 077 && cat >"$_ec_new") || die "can't write $_ec_new"
  _ec_have=$(stat -c '%a %U:%G' -- "$1" 2>/dev/null) || _ec_have=''
  if [ "$_ec_have" = "${2#0} $3" ] && cmp -s "$_ec_new" "$1"; then
    rm -f "$_ec_new"
    case "
$_ec_stale
" in *"
$1
"*) CHANGED=1 ;; esac
    return 0
  fi
  echo "$1" >>"$_ec_put" || die "can't write $_ec_put"
  if cut -d ' ' -f 5 "$EC_ROOT/proc/self/mountinfo" 2>/dev/null | grep -qxF -- "$1"; then
    cat "$_ec_new" >"$1" && chown "$3" "$1" && chmod "$2" "$1" && rm "$_ec_new"
  else
    chown "$3" "$_ec_new" && chmod "$2" "$_ec_new" && os_label "$1" "$_ec_new" && mv -fT "$_ec_new" "$1"
  fi || {
    rm -f "$_ec_new"
    die "can't write $1"
  }
  # shellcheck disable=SC2034
  CHANGED=1
}

# unit start|restart|reload|enable|stop NAME…, unit active NAME. start enables
# too. A unit that does not start shows its journal.
unit() {
  _ec_do=$1
  shift
  for _ec_u in "$@"; do
    os_unit "$_ec_u"
    set -- "$@" "$_ec_unit"
    shift
  done
  case $_ec_do in
    active) systemctl is-active --quiet "$1" ;;
    enable)
      _ec_reload "$@"
      systemctl enable --quiet "$@"
      ;;
    start)
      _ec_reload "$@"
      # Enabling asks the SysV scripts too: 0.7 s of CPU, even for nothing.
      for _ec_u in "$@"; do
        systemctl is-enabled --quiet "$_ec_u" || systemctl enable --quiet "$_ec_u"
      done
      systemctl start "$@" || _ec_unit_failed "$@"
      ;;
    restart)
      _ec_reload "$@"
      systemctl restart "$@" || _ec_unit_failed "$@"
      ;;
    reload)
      _ec_reload "$@"
      systemctl reload-or-restart "$@" || _ec_unit_failed "$@"
      ;;
    stop) systemctl stop "$@" ;;
    *) die "unit: start, restart, reload, enable, stop or active, not $_ec_do" ;;
  esac
}

_ec_reload() {
  case $(systemctl show -p NeedDaemonReload -p LoadState -- "$@") in
    *NeedDaemonReload=yes* | *LoadState=not-found*) systemctl daemon-reload ;;
  esac
}

_ec_unit_failed() {
  for _ec_u in "$@"; do
    systemctl --no-pager --lines=0 status "$_ec_u" || :
    journalctl --no-pager --lines=15 --output=cat --unit="$_ec_u" || :
  done
  die "systemctl $_ec_do failed for $*"
}

# pkg install NAME…, pkg installed NAME. What differs between families of
# operating systems is in os-FAMILY.sh: os_missing, os_install, os_preseed,
# os_clean.
pkg() {
  _ec_do=$1
  shift
  case $_ec_do in
    install) os_install "$@" ;;
    installed)
      os_missing "$1"
      [ -z "$missing" ]
      ;;
    *) die "pkg: install or installed, not $_ec_do" ;;
  esac
}

# What only os-redhat.sh has something to do for: SELinux, and services that
# have another name than on Debian.
os_label() { :; }
os_unit() { _ec_unit=$1; }
selinux() { :; }

# shellcheck source=/dev/null
if [ -e "$EC_DIR/os-$EC_OS_FAMILY.sh" ]; then . "$EC_DIR/os-$EC_OS_FAMILY.sh"; fi
