# The package of the release, and what it depends on.

[ "$EC_OS_FAMILY" = debian ] || die "the role apptainer does not work on $EC_OS yet: use an image of Debian or Ubuntu"
case $EC_PARAM_VERSION in
    [0-9]*.[0-9]*) ;;
    *) die "\"$EC_PARAM_VERSION\" is no release of Apptainer: write one like \"1.4.5\"" ;;
esac
case $EC_PARAM_VERSION in
    *[!A-Za-z0-9.~-]*) die "\"$EC_PARAM_VERSION\" is no release of Apptainer: write one like \"1.4.5\"" ;;
esac

machine=$(dpkg --print-architecture)
folder=$(mktemp -d /var/tmp/ecluster-apptainer.XXXXXX)
trap 'rm -rf "$folder"' EXIT

# fetch NAME [SHA256]
fetch() {
    file=$1_${EC_PARAM_VERSION}_$machine.deb
    url=https://github.com/apptainer/apptainer/releases/download/v$EC_PARAM_VERSION/$file
    /usr/lib/apt/apt-helper -o Acquire::Retries=2 -o Acquire::https::Timeout=30 \
        download-file "$url" "$folder/$file" ${2:+"SHA256:$2"} ||
        die "Apptainer $EC_PARAM_VERSION can't be had from $url: check the version, its sha256, and the node's way out"
    set -- "$folder/$file"
    pkg install "$1"
}

fetch apptainer "$EC_PARAM_SHA256"
if [ "$EC_PARAM_SUID" = true ]; then fetch apptainer-suid; fi
