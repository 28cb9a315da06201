# Part of run.sh: scripts that the engine sends while the session is open.
# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the parts of the runner

# serve answers exec requests, in the order of their numbers, until there are
# no more.
serve() {
  json serving
  id=1
  while :; do
    if [ -e "exec/$id" ]; then
      run_exec
      id=$((id + 1))
    elif [ -e ended ]; then
      return 0
    else
      read -r _ <&4
    fi
  done
}

# run_exec runs script number id; its output goes back in pieces.
run_exec() {
  count=$((count + 1))
  printf '\n\036%s start %s exec\n' "$nonce" "$count" >&2
  mkfifo "exec/$id.pipe"
  (
    exec 3>&- 4>&- 9>&-
    collect 8388609 "exec/$id.out" "exec/$id.end" <"exec/$id.pipe" >/dev/null
  ) &
  launch 86400 "exec $id" sh "exec/$id" >"exec/$id.pipe"
  collected "exec/$id.end"
  printf '\n\036%s end %s\n' "$nonce" "$count" >&2
  if [ -s "exec/$id.out" ]; then
    # Not by read and printf: read asks the kernel for each byte.
    base64 -w 65536 "exec/$id.out" | sed "s/.*/{\"type\":\"output\",\"id\":\"$id\",\"data\":\"&\"}/" >&3
  fi
  json exec id "$id" status "$status" noise "$count"
  rm -f "exec/$id" "exec/$id".*
}
