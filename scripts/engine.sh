#!/bin/sh
# Sees to it that a Docker engine runs on this machine: nothing to do where one
# answers; on Debian and Ubuntu, as root, it is installed and started.
# Safe to run again, and several at once.
#
#   ECLUSTER_ENGINE_WAIT   seconds to wait for the engine (default 60)
#   ECLUSTER_ENGINE_LOG    its log where no systemd runs (default /var/log/dockerd.log)
set -eu

wait_s=${ECLUSTER_ENGINE_WAIT:-60}
log=${ECLUSTER_ENGINE_LOG:-/var/log/dockerd.log}
pidfile=/var/run/ecluster-dockerd.pid
inotify=/proc/sys/fs/inotify/max_user_instances

say() { printf 'engine: %s\n' "$*"; }
fail() {
	printf 'engine: %s\n' "$*" >&2
	exit 1
}

# Answers over the socket, with the docker command or without one.
answers() {
	if command -v docker >/dev/null 2>&1; then
		docker version --format '{{.Server.Version}}' 2>/dev/null
	elif command -v curl >/dev/null 2>&1; then
		curl -sf --unix-socket /var/run/docker.sock http://localhost/_ping 2>/dev/null
	else
		return 1
	fi
}

raise_inotify() {
	[ -w "$inotify" ] || return 0
	[ "$(cat "$inotify")" -ge 8192 ] && return 0
	# Every node's systemd takes some; 128 are enough for 17 nodes only.
	if echo 8192 2>/dev/null >"$inotify"; then
		say "raised fs.inotify.max_user_instances to 8192"
	fi
}

done_with() {
	raise_inotify
	say "$1"
	exit 0
}

check_right() {
	[ -z "${DOCKER_HOST:-}" ] ||
		fail "no engine answers at DOCKER_HOST=$DOCKER_HOST; start it there, or unset DOCKER_HOST"
	if [ -S /var/run/docker.sock ] && [ ! -w /var/run/docker.sock ]; then
		fail "you may not use /var/run/docker.sock: run 'sudo usermod -aG docker $(id -un)' and log in again"
	fi
	[ "$(id -u)" -eq 0 ] ||
		fail "no Docker engine answers, and only root can install and start one: run 'sudo $0'"
	[ "$(uname -s)" = Linux ] ||
		fail "no Docker engine answers: install Docker for $(uname -s) and start it"
}

install_engine() {
	command -v dockerd >/dev/null 2>&1 && command -v iptables >/dev/null 2>&1 && return 0
	command -v apt-get >/dev/null 2>&1 ||
		fail "this is no Debian or Ubuntu: install Docker 20.10 or later and start it"
	say "installing docker.io and iptables"
	out=$(mktemp)
	if ! { DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 update &&
		DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
			-o DPkg::Lock::Timeout=300 install docker.io iptables; } >"$out" 2>&1; then
		tail -n 20 "$out" >&2
		rm -f "$out"
		fail "apt-get could not install docker.io and iptables; its last words are above"
	fi
	rm -f "$out"
}

start_engine() {
	if [ -d /run/systemd/system ]; then
		systemctl start docker.service ||
			fail "systemd could not start docker.service: see 'journalctl -u docker'"
		return 0
	fi
	# The package may have left a pid file of a daemon that is no more.
	alive /var/run/docker.pid || rm -f /var/run/docker.pid
	say "starting dockerd (log: $log)"
	setsid nohup dockerd >>"$log" 2>&1 </dev/null 9>&- &
	echo $! >"$pidfile"
}

alive() { [ -r "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

# Deadline and not a count of tries: a try itself may take long. Without
# systemd our dockerd may have ended because another one was there first.
wait_engine() {
	deadline=$(($(date +%s) + wait_s))
	until version=$(answers); do
		if [ -d /run/systemd/system ]; then
			hint="see 'journalctl -u docker'"
		else
			hint="see $log; its end: $(tail -n 5 "$log" 2>/dev/null | tr '\n' ' ')"
			alive "$pidfile" || alive /var/run/docker.pid || fail "dockerd ended; $hint"
		fi
		[ "$(date +%s)" -lt "$deadline" ] || fail "the engine did not answer within $wait_s s; $hint"
		sleep 0.3
	done
}

version=$(answers) && done_with "Docker $version answers; nothing to do"
check_right
# One at a time; a second one then finds the work done.
exec 9>/var/run/ecluster-engine.lock
flock -w 600 9 || fail "another $0 has been at work for ten minutes"
version=$(answers) && done_with "Docker $version answers; nothing to do"
install_engine
answers >/dev/null || start_engine
wait_engine
done_with "Docker $version is up"
