# shellcheck shell=sh disable=SC1090,SC1091,SC2153 # what it sources is in the bundle
# One step: sets up what a step may rely on and sources its script.
#   sh step.sh SCRIPT
# The environment of the roles' contract comes from files, so that nothing of
# it ever stands on a command line.
set -eu
umask 022
cd /
export HOME=/root LC_ALL=C.UTF-8
if [ "$EC_PHASE" != install ]; then
  . "$EC_DIR/env/common"
  export EC_SECRETS="$EC_DIR/secrets/$EC_KEY" EC_KEYS="$EC_DIR/keys"
  [ ! -e "$EC_DIR/env/$EC_KEY.all" ] || . "$EC_DIR/env/$EC_KEY.all"
elif [ -e "$EC_DIR/env/$EC_KEY.install" ]; then
  . "$EC_DIR/env/$EC_KEY.install"
fi
. "$EC_DIR/lib.sh"
. "$1"
