# Part of run.sh: the verbs of plan.sh.
# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the parts of the runner

platforms() {
  [ "$phases" != - ] || return 0
  key=$1 step=''
  shift
  case " $* " in *" $EC_OS "*) return 0 ;; esac
  clock
  began=$now
  fail "it works on $*, but this node runs $EC_OS; use another image or leave the role out"
}

phase() {
  on='' EC_PHASE=$1
  case ,$phases, in *",$1,"*) on=1 ;; esac
  [ -z "$on" ] || json phase phase "$1"
}

role() { key=$1 fk=$2 role=$3 label=$4 ran='' changed=''; }

debconf() { [ -z "$on" ] || printf '%s\n' "$1" >>debconf; }

# packages USE SYSTEM NAME… : of the lists of a use, the first for a system that
# this node has counts, and the one for any.
packages() {
  case $2 in
    any) ;;
    "$EC_OS" | "$EC_OS_ID" | "$EC_OS_FAMILY")
      [ "$1" != "$listed" ] || return 0
      listed=$1
      ;;
    *) return 0 ;;
  esac
  shift 2
  for n in "$@"; do
    case " $wanted " in *" $n "*) ;; *) wanted="$wanted $n" ;; esac
  done
}

install_packages() {
  { [ -n "$on" ] && [ -n "$wanted" ]; } || return 0
  key=os fk=os role=os step=packages
  clock
  began=$now
  if [ "$EC_OS_FAMILY" = unknown ]; then
    fail "ecluster can't install packages on $EC_OS yet; use an image of Debian, Ubuntu, Rocky Linux or AlmaLinux"
  fi
  # shellcheck disable=SC2086 # a list of words
  os_missing $wanted
  if [ -z "$missing" ] && [ ! -e "$state/packages-pending" ]; then
    finished unchanged
    return 0
  fi
  EC_PACKAGES=$missing
  export EC_PACKAGES
  run_step "$EC_DIR/packages.sh" 3600
  [ -z "$message" ] || fail "$message"
  finished changed
}

# look_at PATH… compares all files at once: two programs, however many files.
look_at() {
  [ -n "$on" ] || return 0
  n=$#
  while [ "$n" -gt 0 ]; do
    set -- "$@" "$EC_ROOT$1"
    shift
    n=$((n - 1))
  done
  looked=$nl$(sha256sum -- "$@" 2>/dev/null)$nl
  stats=$nl$(stat -c '%a %U:%G %n' -- "$@" 2>/dev/null)$nl
}

# file SOURCE PATH MODE OWNER HASH NOTIFY…
file() {
  [ -n "$on" ] || return 0
  source=$1 path=$EC_ROOT$2 mode=$3 owner=$4 hash=$5 step=files
  shift 5
  case $looked in
    *"$nl$hash  $path$nl"*)
      case $stats in *"$nl$mode $owner $path$nl"*) return 0 ;; esac
      ;;
  esac
  clock
  if [ -z "$changed" ]; then
    changed=1 began=$now
    json step_started role "$key" step files
  fi
  # What depends on the file is written down first: when we are interrupted
  # between the change and its consequences, the next run makes up for it.
  for n in "$@"; do
    echo "$n $now" >>"$state/pending/$fk" || cannot_write "$state"
  done
  if [ ! -d "${path%/*}" ]; then
    umask 022
    mkdir -p "${path%/*}" || fail "can't make the folder of $path"
    umask 077
  fi
  [ ! -d "$path" ] || fail "$path is a folder on the node; move it away"
  why=$(install -m "$mode" -o "${owner%:*}" -g "${owner#*:}" -T "$source" "$path.ecluster-new" 2>&1 &&
    os_label "$path" "$path.ecluster-new" 2>&1 &&
    mv -fT "$path.ecluster-new" "$path" 2>&1) || {
    rm -f "$path.ecluster-new"
    fail "can't write $path: ${why##*"$nl"}"
  }
}

files_end() {
  [ -n "$on" ] || return 0
  step=files
  if [ -n "$changed" ]; then finished changed; else
    clock
    began=$now
    finished unchanged
  fi
}

# step NAME SCRIPT HASH LIMIT ALWAYS WAITS EXPORTS
step() {
  [ -n "$on" ] || return 0
  step=$1
  stamp=$state/stamps/$fk.$1
  clock
  began=$now
  if [ -z "$5" ]; then
    if [ -e "$stamp" ] && read -r have <"$stamp" && [ "$have" = "$3" ] && replay "$7"; then
      finished unchanged
      return 0
    fi
    [ ! -e "$stamp" ] || rm -f "$stamp" || cannot_write "$state"
  fi
  perform "$EC_DIR/roles/$role/steps/$2" "$4" "$6" "$7"
  if [ -z "$5" ]; then echo "$3" >"$stamp" || cannot_write "$state"; fi
  if [ -e "$EC_SAID.unchanged" ]; then finished unchanged; else finished changed; fi
}

# on_notify is step for one that a changed file asks for; it has no stamp.
on_notify() {
  { [ -n "$on" ] && [ -e "$state/pending/$fk" ]; } || return 0
  case $ran in *" $1 "*) return 0 ;; esac
  while read -r n _; do
    if [ "$n" = "step:$1" ]; then
      step=$1
      perform "$EC_DIR/roles/$role/steps/$2" "$4" "$6" "$7" </dev/null
      finished changed
      return 0
    fi
  done <"$state/pending/$fk"
}

# notify_end restarts and reloads the units that run with an older file.
notify_end() {
  { [ -n "$on" ] && [ -e "$state/pending/$fk" ]; } || return 0
  seen=' '
  while read -r n since; do
    case $seen in *" $n "*) continue ;; esac
    seen="$seen$n "
    case $n in step:*) continue ;; esac
    outdated "${n#*:}" "$since" || continue
    step=$n EC_NOTIFY=$n
    export EC_NOTIFY
    run_step "$EC_DIR/notify.sh" 300 </dev/null
    [ -z "$message" ] || fail "$message"
    finished changed
  done <"$state/pending/$fk"
  rm -f "$state/pending/$fk" || cannot_write "$state"
}

# outdated UNIT SINCE is true when the unit runs and was started before SINCE,
# in hundredths of a second since boot. A unit that the role's own steps have
# just started needs no restart.
outdated() {
  active='' entered=0
  os_unit "$1"
  while IFS='=' read -r name value; do
    case $name=$value in
      ActiveState=active | ActiveState=activating | ActiveState=reloading) active=1 ;;
      ActiveEnterTimestampMonotonic=*) entered=$((value / 10000)) ;;
    esac
  done <<END
$(systemctl show -p ActiveState -p ActiveEnterTimestampMonotonic -- "$_ec_unit" 2>/dev/null)
END
  [ -n "$active" ] && [ "$entered" -le "$2" ]
}
