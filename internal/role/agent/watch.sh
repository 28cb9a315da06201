# Part of run.sh: standard input, cancelling, and the end.
# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the parts of the runner

# strays SIGNAL goes to the processes of a step that left its process group:
# they still have its mark in their environment.
strays() {
  grep -lsaF "EC_STEP_ID=$mark" /proc/[0-9]*/environ | while IFS=/ read -r _ _ p _; do
    kill "-$1" "$p"
  done
}

# kill_step ends the running step with all that it started: TERM, and KILL five
# seconds later.
kill_step() {
  [ -s running ] && read -r pid mark _ <running || return 0
  kill -TERM "-$pid" || kill -TERM "$pid" # it may not lead its group yet
  strays TERM
  n=0
  while [ "$n" -lt 50 ] && kill -0 "-$pid"; do
    sleep 0.1
    n=$((n + 1))
    # A dead child of ours counts as alive until it is waited for.
    if [ -e "/proc/$pid/stat" ]; then
      read -r _ _ s _ <"/proc/$pid/stat"
      [ "$s" != Z ] || wait "$pid"
    fi
  done
  kill -KILL "-$pid"
  strays KILL
} 2>/dev/null

# clean removes what must not outlive the run, however it ends. It holds both
# ends of the pipes until we exit, so that nobody waits for an end for ever.
clean() {
  type os_clean >/dev/null 2>&1 && os_clean
  [ ! -p "$EC_DIR/noise" ] || exec 5<>"$EC_DIR/noise"
  [ ! -p "$EC_DIR/copy" ] || exec 7<>"$EC_DIR/copy"
  for f in "$EC_DIR"/exec/*.pipe; do [ ! -p "$f" ] || exec 6<>"$f"; done
  cd / && rm -rf "$EC_DIR"
}

cancel() {
  trap '' TERM HUP INT PIPE
  [ -z "$launching" ] || echo "$! $EC_STEP_ID $what" >running # we were cut off before we could
  kill_step
  exit 143
}

finish() {
  code=$?
  trap '' TERM HUP INT PIPE
  clean
  json "done" status "$code"
  if [ -e "$rebooting" ]; then systemctl --no-block reboot; fi
  [ -z "$watchdog" ] || kill "$watchdog" 2>/dev/null
  trap - EXIT
  exit "$code"
}

# watch is the only reader of standard input. It runs beside the rest, hands
# over what comes in as files, and wakes the runner with an empty line: so the
# runner never polls, and a full pipe of wake-ups can't be.
watch() {
  runner=$$
  while read -r verb id data; do
    case $verb in
      fact)
        printf %s "$data" | base64 -d >"facts/.$id" && mv "facts/.$id" "facts/$id"
        ;;
      exec)
        printf %s "$data" | base64 -d >"exec/.$id" && mv "exec/.$id" "exec/$id"
        ;;
      kill)
        if [ -s running ] && read -r pid mark what <running && [ "$what" = "exec $id" ]; then kill_step; fi
        ;;
      end) : >ended ;;
    esac
    echo >&4
  done
  : >cancelled
  kill -TERM "$runner" 2>/dev/null
  echo >&4
  # The runner does the rest. When it is gone, or stuck, it is done here.
  n=0
  while [ "$n" -lt 100 ] && kill -0 "$runner" 2>/dev/null; do
    sleep 0.1
    n=$((n + 1))
  done
  kill_step
  clean
}
