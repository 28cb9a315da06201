# shellcheck shell=sh
# The package transaction of all roles together.
if [ -e "$EC_DIR/debconf" ]; then os_preseed <"$EC_DIR/debconf"; fi
# shellcheck disable=SC2086 # a list of words; empty when only a repair is due
pkg install $EC_PACKAGES
