# Part of run.sh: running one step.
# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the parts of the runner

# launch LIMIT WHAT COMMAND… runs a step's process group and sets status.
# Nothing of ours stays open in it, so a daemon that it leaves behind holds
# neither the session nor the lock.
launch() {
  limit=$1 what=$2
  shift 2
  EC_STEP_ID=${EC_DIR##*/}.$count
  EC_SAID=$EC_DIR/said/$count
  export EC_STEP_ID EC_SAID
  launching=1
  timeout -k 5 "$limit" "$@" 3>&- 4>&- 8>&- 9>&- &
  pid=$!
  echo "$pid $EC_STEP_ID $what" >running
  launching=''
  [ ! -e cancelled ] || cancel
  wait "$pid" 2>/dev/null # or sh says "Killed" where the output of the step goes
  status=$?
  : >running
}

# collect LIMIT FILE END keeps the first LIMIT bytes of standard input, reads on
# to its end, and then makes the file END.
collect() {
  head -c "$1" >"$2"
  cat >/dev/null
  : >"$3"
  echo >&8
} 2>/dev/null

# collected END waits until collect is done; but not for ever: a daemon that
# keeps a step's output open must not hold us up.
collected() {
  while [ ! -e "$1" ]; do timeout 2 head -c 1 <&8 >/dev/null || return 1; done
}

# run_step SCRIPT LIMIT runs one step with all its noise and sets message:
# empty when it went well.
run_step() {
  clock
  count=$((count + 1))
  began=$now noise=$count message=''
  json step_started role "$key" step "$step" noise "$count"
  printf '\n\036%s start %s %s\n' "$nonce" "$count" "$fk.$step" >&2
  EC_ROLE=$key EC_LABEL=$label EC_STEP=$step EC_KEY=$fk
  EC_FILES=$EC_DIR/roles/$role/files
  export EC_ROLE EC_LABEL EC_STEP EC_KEY EC_PHASE EC_FILES
  if [ "$EC_PHASE" = verify ]; then
    launch "$2" step sh step.sh "$1" >&2
  else
    end=$EC_DIR/said/$count.end
    # They let go of the lock before they wait for the other end of a pipe: if
    # the run is cut off here, that end never comes. By exec, because a
    # redirection of a function keeps a copy of what it closes.
    (
      exec 3>&- 4>&- 9>&-
      collect 4194304 "$logs/$fk.$step.log" "$end" <copy >/dev/null
    ) &
    tee copy 3>&- 4>&- 8>&- 9>&- <noise >&2 &
    tee=$!
    launch "$2" step sh step.sh "$1" >noise 2>&1
    collected "$end" || {
      kill "$tee"
      collected "$end"
    }
  fi
  printf '\n\036%s end %s\n' "$nonce" "$count" >&2
  clock
  notices
  [ "$status" -ne 0 ] || return 0
  if [ -s "$EC_SAID.message" ]; then
    read_file "$EC_SAID.message"
    message=$value
  elif [ "$((now - began))" -ge "$(($2 * 100))" ]; then
    message="it did not finish within $2 seconds and was stopped"
    mark=$EC_STEP_ID
    strays KILL
  elif [ "$status" -gt 128 ] && [ "$(systemctl is-system-running 2>/dev/null)" = stopping ]; then
    json reboot going yes # somebody else's; it killed the step
    exit 1
  elif [ "$status" -gt 128 ]; then
    message="it was killed by signal $((status - 128))"
  else
    message="it ended with exit status $status"
  fi
}

# notices passes on what the step had to say to the user.
notices() {
  for f in "$EC_SAID".notice.*; do
    [ -e "$f" ] || continue
    read_file "$f"
    json notice level "${f##*.}" role "$key" step "$step" text "$value"
  done
}

# publish NAME VALUE makes a fact known to the other steps and the other nodes.
publish() {
  printf %s "$2" >"facts/$1" || cannot_write "$EC_DIR"
  json fact name "$1" value "$2"
}

# replay FACTS publishes what a step exported when it last ran; false when some
# of it is lost.
replay() {
  for f in $1; do [ -e "$state/facts/$f" ] || return 1; done
  for f in $1; do
    read_file "$state/facts/$f"
    publish "$f" "$value"
  done
}

# exported FACTS publishes what the step has just set.
exported() {
  for f in $1; do
    [ -e "$EC_SAID.fact.$f" ] || fail "it ended well but did not set the fact $f; this is a mistake in the role"
  done
  for f in "$EC_SAID".fact.*; do
    [ -e "$f" ] || continue
    read_file "$f"
    f=${f#"$EC_SAID.fact."}
    { printf %s "$value" >"$state/facts/.$f" && mv "$state/facts/.$f" "$state/facts/$f"; } || cannot_write "$state"
    publish "$f" "$value"
  done
}

# wait_facts FACTS returns when all are known.
wait_facts() {
  for f in $1; do
    [ ! -e "facts/$f" ] || continue
    json waiting fact "$f"
    while [ ! -e "facts/$f" ]; do read -r _ <&4; done
    json waiting fact ''
  done
}

# restart_node reboots the node for a step that asked for it. The mark lasts
# until the node is up again: whoever connects in between must wait.
restart_node() {
  read_file "$EC_SAID.reboot"
  echo "$value" >"$rebooting" || cannot_write "$EC_ROOT/run"
  finished changed
  json reboot why "$value"
  exit 1
}

# perform SCRIPT LIMIT WAITS EXPORTS runs a step or fails.
perform() {
  wait_facts "$3"
  run_step "$1" "$2"
  [ -z "$message" ] || fail "$message"
  [ ! -e "$EC_SAID.reboot" ] || restart_node
  exported "$4"
  # What file_put wrote has had its consequences.
  [ ! -e "$state/pending/$fk.$step.put" ] || rm -f "$state/pending/$fk.$step.put" || cannot_write "$state"
  ran="$ran $step "
}
