#!/bin/sh
# ecluster.sh runs ecluster from its container image: nothing to compile, and
# nothing to install but Docker or Podman. Download this one file, then:
#
#   sh ecluster.sh start local
#
# It is POSIX sh. 'sh ecluster.sh --help' says what it does and takes;
# https://github.com/ecluster/ecluster/blob/main/docs/install.md says more.
set -eu

version=latest # 'make release' puts the release here
repository=ghcr.io/ecluster/ecluster
oldest=20.10 # the first Docker that has all that local nodes need
newline='
'

usage() {
	cat <<END
Usage: ecluster.sh [--version X] [--update] [--show-mounts] COMMAND [ARG...]

Runs ecluster from its container image, as you, in this folder.
'ecluster.sh help' shows ecluster's own commands.

  --version X     use version X instead of $version
  --update        get the newest image of the version first
  --show-mounts   show which files and variables the container gets, and stop

The container gets this folder, \$ECLUSTER_HOME (~/.ecluster), the folders of
the clouds' credentials that exist, the folders of files that the command line
names before a --, and, for local nodes, the socket of the Docker engine. Of the
environment it gets what belongs to ecluster, the clouds and the terminal.

  ECLUSTER_ENGINE    docker or podman; otherwise the first that is there
  ECLUSTER_IMAGE     image to run, by its full name
  ECLUSTER_RUN_ARGS  more words for 'docker run', such as "-v /data:/data"
END
}

say() { printf 'ecluster.sh: %s\n' "$*" >&2; }

die() {
	say "$*"
	exit 1
}

misused() {
	say "$*; see 'ecluster.sh --help'"
	exit 2
}

have() { command -v "$1" >/dev/null 2>&1; }

# ---- the engine ----

# find_engine sets engine to the command to use, and kind to what it is: the
# docker command may be Podman's.
find_engine() {
	for engine in ${ECLUSTER_ENGINE:-docker podman}; do
		have "$engine" || continue
		case $("$engine" --version 2>/dev/null || :) in
		podman*) kind=podman ;;
		*) kind=docker ;;
		esac
		return 0
	done
	return 1
}

# need_root sets sudo to what makes a command root's: nothing, for root.
need_root() {
	sudo=
	[ "$(id -u)" = 0 ] && return 0
	have sudo || die "Docker is not installed, and only root can install it: ask whoever looks after this machine for Docker or Podman"
	sudo=sudo
}

# installation prints the commands that bring Docker to this machine.
installation() {
	if have apt-get; then
		echo "apt-get update"
		echo "env DEBIAN_FRONTEND=noninteractive apt-get install -y docker.io"
	elif have dnf && [ "$(rpm -E '%{?fedora}' 2>/dev/null)" ]; then
		echo "dnf install -y moby-engine"
	elif have dnf; then
		# Docker's own packages: RHEL and its family have none.
		family=centos
		! rpm -q redhat-release >/dev/null 2>&1 || family=rhel
		echo "dnf install -y dnf-plugins-core"
		echo "dnf config-manager --add-repo https://download.docker.com/linux/$family/docker-ce.repo"
		echo "dnf install -y docker-ce docker-ce-cli containerd.io"
	else
		return 1
	fi
	if [ -d /run/systemd/system ]; then
		echo "systemctl enable --now docker"
	else
		echo "service docker start"
	fi
	[ "$(id -u)" = 0 ] || echo "usermod -aG docker $(id -un)"
}

install_docker() {
	[ -z "${ECLUSTER_ENGINE:-}" ] || die "there is no command '$ECLUSTER_ENGINE': install it, or unset ECLUSTER_ENGINE"
	case $(uname -s) in
	Linux) ;;
	Darwin) die "Docker is not installed: install Docker Desktop ('brew install --cask docker'), start it ('open -a Docker'), then run the same command again" ;;
	*) die "Docker is not installed: install Docker $oldest or later for $(uname -s), start it, then run the same command again" ;;
	esac
	commands=$(installation) || die "Docker is not installed, and this system has neither apt-get nor dnf: install Docker $oldest or later, or Podman, then run the same command again"
	need_root
	say "Docker is not installed. These commands would install and start it, as root:"
	printf '%s\n' "$commands" | sed 's/^/  /' >&2
	[ -z "$sudo" ] || say "the last lets you use Docker; who may do that can become root"
	if ! [ -t 0 ] || ! [ -t 2 ]; then
		die "there is no terminal to ask for your permission: run these commands yourself, then the same command again"
	fi
	printf 'Run them now? [y/N] ' >&2
	read -r answer || answer=
	case $answer in
	[yY] | [yY][eE][sS]) ;;
	*) die "nothing was installed" ;;
	esac
	IFS=$newline
	for line in $commands; do
		say "$line"
		# As words, and without a glob: the commands are ours.
		IFS=' '
		# shellcheck disable=SC2086
		$sudo $line >&2 || die "'$line' failed, see above; when that is mended, run the same command again"
	done
	unset IFS
	[ -z "$sudo" ] || die "Docker is installed: log out and in again, so that you may use it, then run the same command again"
	find_engine || die "Docker was installed, but there is no command 'docker': see above"
}

# find_socket sets socket to where the engine listens, and refuses an engine on
# another machine: what is mounted would be that machine's files.
find_socket() {
	host=${DOCKER_HOST:-}
	if [ -z "$host" ] && [ "$kind" = docker ] && have "$engine"; then
		host=$("$engine" context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null) || host=
	fi
	case ${host:-unix:///var/run/docker.sock} in
	unix://*) socket=${host#unix://} ;;
	*) die "the Docker engine at $host is on another machine, which does not have your files: unset DOCKER_HOST or run 'docker context use default', or install the ecluster program itself, which can use it" ;;
	esac
	socket=${socket:-/var/run/docker.sock}
}

docker_down() {
	if [ -S "$socket" ] && ! [ -w "$socket" ]; then
		other=
		! have podman || other=", or export ECLUSTER_ENGINE=podman"
		die "you may not use the Docker engine at $socket: run 'sudo usermod -aG docker $(id -un)' and log in again (who is in that group can become root)$other"
	fi
	case $(uname -s) in
	Darwin) die "the Docker engine does not run: start it ('open -a Docker'), then run the same command again" ;;
	*) die "the Docker engine at $socket does not answer: start it ('sudo systemctl start docker'), then run the same command again" ;;
	esac
}

# ask_docker sees that the engine is fit, and sets security to its options.
ask_docker() {
	facts=$("$engine" info --format '{{.ServerVersion}}|{{.SecurityOptions}}' 2>/dev/null) || facts=
	running=${facts%%|*}
	[ -n "$running" ] || docker_down
	major=${running%%.*}
	minor=${running#*.}
	minor=${minor%%.*}
	case $minor in 0?) minor=${minor#0} ;; esac # 09 is no octal number
	case $major$minor in
	*[!0-9]*) ;; # a development version
	*) [ $((major * 100 + minor)) -ge 2010 ] || die "the Docker engine is too old: it is $running, and ecluster needs $oldest or later; upgrade it, then run the same command again" ;;
	esac
	security=${facts#*|}
}

ask_podman() {
	case ${CONTAINER_HOST:-} in
	'' | unix://*) ;;
	*) die "Podman's service at $CONTAINER_HOST is on another machine, which does not have your files: unset CONTAINER_HOST" ;;
	esac
	facts=$("$engine" info --format '{{.Host.Security.Rootless}}|{{.Host.Security.SELinuxEnabled}}' 2>/dev/null) ||
		die "Podman does not work here: see what '$engine info' says, or install Docker"
	security=podman
	case $facts in true*) security="$security rootless" ;; esac
	case $facts in *'|true') security="$security selinux" ;; esac
}

# ---- the files ----

# is_system tells a folder that the image has as well or that the kernel makes:
# the container must keep its own.
is_system() {
	case $1 in
	/ | /bin | /bin/* | /dev | /dev/* | /etc | /etc/ssl | /etc/ssl/* | /lib | /lib64 | /proc | /proc/* | /run | /sbin | /sys | /sys/* | /usr | /var) return 0 ;;
	esac
	return 1
}

# share gives the container a path of this machine: share rw|ro PATH.
share() {
	case $2 in *"$newline"*) die "a path with a line break can't be given to a container: $2" ;; esac
	case "$newline$mounts" in *"${newline}rw $2$newline"* | *"${newline}ro $2$newline"*) return 0 ;; esac
	mounts="$mounts$1 $2$newline"
}

# share_named shares what an argument names, if it is outside this folder: the
# folder of a file, since a spec has files beside it, and of what does not exist
# yet.
share_named() {
	case $1 in
	/*) path=$1 ;;
	.. | ../*) path=$(cd -- "$(dirname -- "$1")" 2>/dev/null && printf '%s/%s' "$(pwd -P)" "$(basename -- "$1")") || return 0 ;;
	*) return 0 ;;
	esac
	folder=$path
	[ -d "$folder" ] || folder=$(dirname -- "$path")
	case $folder/ in "$here"/*) return 0 ;; esac
	if ! is_system "$folder"; then
		[ ! -d "$folder" ] || share rw "$folder"
	elif [ -f "$path" ]; then
		share ro "$path"
	fi
}

find_home() {
	[ -n "${HOME:-}${ECLUSTER_HOME:-}" ] || die "HOME is not set, so there is no place for the records of clusters: export HOME or ECLUSTER_HOME"
	case ${HOME:-/} in /*) ;; *) die "HOME is '$HOME', which is no absolute path: export HOME as one" ;; esac
	home=${ECLUSTER_HOME:-${HOME:-}/.ecluster}
	case $home in /*) ;; *) home=$here/$home ;; esac
	HOME=${HOME:-$home}
	[ -d "$home" ] || (umask 077 && mkdir -p -- "$home" 2>/dev/null) || die "can't make the folder $home for the records of clusters: export ECLUSTER_HOME as one that you may write"
	[ -z "${ECLUSTER_HOME:-}" ] || ECLUSTER_HOME=$home
	export HOME
}

find_files() {
	mounts=
	share rw "$here"
	share rw "$home"
	for path in .aws .azure .config/gcloud .config/openstack .terraform.d .terraformrc; do
		[ ! -e "$HOME/$path" ] || share rw "$HOME/$path"
	done
	[ ! -e /etc/localtime ] || share ro /etc/localtime
	for name in $names; do
		eval "path=\${$name:-}"
		case $path in /*) ;; *) continue ;; esac
		if [ -f "$path" ]; then
			share ro "$path"
		elif [ -d "$path" ] && ! is_system "$path"; then
			share rw "$path"
		fi
	done
	for word; do
		case $word in
		--) break ;;
		-*=*) share_named "${word#*=}" ;;
		*) share_named "$word" ;;
		esac
	done
}

# find_names sets names to the variables that the container gets. It gets their
# values from the engine's command: nothing of them stands in an argument.
find_names() {
	names=
	for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' | sort -u); do
		case $name in
		ECLUSTER_* | AWS_* | AZURE_* | ARM_* | GOOGLE_* | GCE_* | CLOUDSDK_* | OS_* | TF_*) ;;
		TERM | COLORTERM | NO_COLOR | CLICOLOR | CLICOLOR_FORCE | COLUMNS | LINES | CI | LANG | LC_* | TZ) ;;
		HTTP_PROXY | HTTPS_PROXY | NO_PROXY | http_proxy | https_proxy | no_proxy | SSL_CERT_FILE | SSL_CERT_DIR) ;;
		*) continue ;;
		esac
		names="$names $name"
	done
}

show_mounts() {
	echo "Files, at the same paths (rw: to write, ro: to read):"
	printf '%s' "$mounts" | sed 's/^/  /'
	[ -z "$shared_socket" ] || echo "The engine, for local nodes:${newline}  $shared_socket"
	echo "Variables:"
	for name in HOME USER $names; do echo "  $name"; done
	echo "User and groups:${newline}  $(id -u):$(id -g), $(id -G)"
}

# ---- the image ----

has_image() { "$engine" image inspect "$1" >/dev/null 2>&1; }

is_checkout() { [ -f "$checkout/cmd/ecluster/main.go" ] && [ -f "$checkout/Dockerfile" ]; }

# build_image makes the image from the source beside this script: of the
# program that this machine's Go compiles, else wholly within the engine.
build_image() {
	say "building the image from the source in $checkout; the first time this takes some minutes"
	if have go && have make; then
		ECLUSTER_ENGINE=$engine make -C "$checkout" image >&2 && return 0
	else
		"$engine" build --tag ecluster:latest "$checkout" >&2 && return 0
	fi
	die "the image could not be built, see above; when that is mended, run the same command again"
}

# find_image sets image to one that the engine has.
find_image() {
	image=${ECLUSTER_IMAGE:-ecluster:$version}
	remote=${ECLUSTER_IMAGE:-$repository:$version}
	if [ -z "$update" ]; then
		! has_image "$image" || return 0
		if has_image "$remote"; then
			image=$remote
			return 0
		fi
	elif is_checkout && [ "$image" = ecluster:latest ]; then
		build_image
		return 0
	fi
	say "pulling the image $remote"
	if "$engine" pull "$remote" >&2; then
		[ "$image" = "$remote" ] || "$engine" tag "$remote" "$image"
	elif is_checkout && [ "$image" = ecluster:latest ]; then
		build_image
	else
		die "the image $remote could not be pulled, see above: check the version and the network of the engine, or bring the image ('$engine save' where it is, '$engine load' here)"
	fi
}

# ---- all of it ----

show=
update=
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help)
		usage
		exit 0
		;;
	--update) update=yes ;;
	--show-mounts) show=yes ;;
	--version)
		[ -n "${2:-}" ] || misused "--version needs a version; 'ecluster.sh version' shows the one in use"
		version=$2
		shift
		;;
	--version=?*) version=${1#*=} ;;
	*) break ;;
	esac
	shift
done

here=$(pwd -P 2>/dev/null) || die "the current folder does not exist any more: cd to one that does"
! is_system "$here" || die "the current folder is $here, which a container can't share: cd to the folder of your specs, or to your home"
checkout=$(cd -- "$(dirname -- "$0")" && pwd -P)
kind=docker
security=
if ! find_engine; then
	engine=docker
	[ -n "$show" ] || install_docker
fi
find_socket
find_home
find_names
find_files "$@"
shared_socket=
if [ "$(uname -s)" = Darwin ] && [ "$kind" = docker ]; then
	shared_socket=/var/run/docker.sock # as it is called in the engine's machine
elif [ -S "$socket" ] && [ -w "$socket" ]; then
	shared_socket=$socket
fi
if [ -n "$show" ]; then
	show_mounts
	exit 0
fi
"ask_$kind"
find_image
if [ $# -eq 0 ] && [ -n "$update" ]; then
	say "the image is $image"
	exit 0
fi

# The command line is put together from its end to its beginning.
export USER="${USER:-$(id -un)}"
set -- "$image" "$@"
set -f
# shellcheck disable=SC2086
set -- ${ECLUSTER_RUN_ARGS:-} "$@"
for name in HOME USER $names; do
	set -- --env "$name" "$@"
done
IFS=$newline
for line in $mounts; do
	path=${line#?? }
	target=$path
	case $path in
	*[,\"]*)
		path=\"source=$(printf '%s' "$path" | sed 's/"/""/g')\"
		target=\"target=${path#\"source=}
		;;
	*)
		path=source=$path
		target=target=$target
		;;
	esac
	access=
	case $line in ro*) access=,readonly ;; esac
	set -- --mount "type=bind,$path,$target$access" "$@"
done
unset IFS
user=$(id -u):$(id -g)
groups=$(id -G)
if [ -n "$shared_socket" ]; then
	set -- --mount "type=bind,source=$shared_socket,target=$shared_socket" "$@"
	if [ "$shared_socket" != /var/run/docker.sock ]; then
		export DOCKER_HOST="unix://$shared_socket"
		set -- --env DOCKER_HOST "$@"
	fi
fi
case $security in
*podman*rootless*)
	set -- --userns keep-id "$@"
	groups=keep-groups
	;;
*rootless*)
	# The engine's root is the user: any other id would be a stranger.
	user=0:0
	groups=
	;;
*userns*) set -- --userns host "$@" ;;
esac
case $security in *selinux*) set -- --security-opt label=disable "$@" ;; esac
for group in $groups; do
	set -- --group-add "$group" "$@"
done
if [ "$(uname -s)" = Darwin ]; then
	set -- --group-add 0 "$@" # of the socket in the engine's machine
else
	set -- --pid host "$@" # the holder of a lock is known by its process
fi
if [ -t 0 ] && [ -t 1 ] && [ -t 2 ]; then
	set -- --tty "$@"
fi
# Keys that nobody types, so that Ctrl-P reaches the shell on a node at once.
exec "$engine" run --rm --interactive --detach-keys 'ctrl-^,ctrl-@,ctrl-^,ctrl-@' \
	--log-driver none --network host --user "$user" --workdir "$here" "$@"
