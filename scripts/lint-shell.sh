#!/bin/sh
# Checks every shell script of the project; `make lint` calls it. A checker
# that is missing is installed if we are root, because a check that is silently
# left out checks nothing.
set -eu
cd "$(dirname "$0")/.."

if ! command -v shellcheck >/dev/null; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		echo "lint: installing shellcheck" >&2
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends shellcheck >/dev/null
	else
		echo "lint: shellcheck is missing. Install it: apt-get install shellcheck, dnf install ShellCheck or brew install shellcheck" >&2
		exit 1
	fi
fi

# All are POSIX sh: nodes need no bash.
find ecluster.sh roles internal/role/agent scripts -name '*.sh' -exec shellcheck -s sh {} +
