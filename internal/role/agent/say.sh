# Part of run.sh: what it says.
# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the parts of the runner

# json TYPE [NAME VALUE]… writes one event. A value that is not plain ASCII, or
# needs escapes, goes as NAME_b64: so any bytes are safe and the usual ones cost
# no fork.
json() {
  line="{\"type\":\"$1\""
  shift
  while [ $# -ge 2 ]; do
    case $2 in
      *[!\ !\#-\[\]-~]*) line="$line,\"$1_b64\":\"$(printf %s "$2" | base64 -w 0)\"" ;;
      *) line="$line,\"$1\":\"$2\"" ;;
    esac
    shift 2
  done
  printf '%s}\n' "$line" >&3
}

# read_file FILE sets value to the content.
read_file() {
  value=''
  while IFS= read -r l; do value=$value$l$nl; done <"$1"
  value=$value$l
}

# clock sets now to hundredths of a second since the machine booted.
clock() {
  read -r up _ </proc/uptime
  now=${up%.*}${up#*.}
}

# finished OUTCOME [MESSAGE] ends the step at hand.
finished() {
  clock
  json step_finished role "$key" step "$step" outcome "$1" ms "$(((now - began) * 10))" \
    noise "$noise" message "${2-}"
  noise=''
}

# fail MESSAGE ends the run because of the step at hand.
fail() {
  finished failed "$1"
  exit 1
}

# cannot_write WHERE is for what the runner itself could not write.
cannot_write() { fail "can't write $1 on the node: is its disk full or read-only?"; }
