# Where driver and toolkit come from. Nothing is changed that is there already.

# with_components FILE: the file, with Debian's other components beside "main".
# In place, in either style of apt's lists, because a second entry for the same
# suite would have to repeat the options of the first.
with_components() {
    awk -v code="$codename" '
        function add(name) { if (!(($0 " ") ~ (" " name " "))) $0 = $0 " " name }
        /^Suites:/ { ours = index($0, code) }
        /^Components:.* main( |$)/ && ours || $1 == "deb" && index($0, " " code) && / main( |$)/ {
            sub(/[ \t]*(#.*)?$/, "")
            add("contrib"); add("non-free"); add("non-free-firmware")
        }
        { print }
    ' "$1"
}

debian() {
    [ "$EC_OS_ID" = debian ] ||
        die "source = \"debian\" works on Debian only, and this node runs $EC_OS: set source = \"nvidia\""
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        [ -s "$list" ] || continue
        lines=$(with_components "$list")
        file_put "$list" 0644 root:root <<END
$lines
END
    done
}

# nvidia adds NVIDIA's repository by the package that carries its key.
nvidia() {
    ! pkg installed cuda-keyring || return 0
    case $(uname -m) in
        x86_64) arch=x86_64 ;;
        aarch64) arch=sbsa ;;
        *) die "NVIDIA has no repository for $(uname -m): use a machine with x86-64 or ARM processors" ;;
    esac
    system=$EC_OS_ID$(echo "$EC_OS_VERSION" | tr -d .)
    url=https://developer.download.nvidia.com/compute/cuda/repos/$system/$arch/cuda-keyring_1.1-1_all.deb
    # Not in a folder where others may write: root installs it.
    /usr/lib/apt/apt-helper download-file "$url" "$EC_DIR/cuda-keyring.deb" ||
        die "NVIDIA's repository for $EC_OS can't be reached at $url: check the node's way out, or set source = \"debian\""
    pkg install "$EC_DIR/cuda-keyring.deb"
}

[ "$EC_OS_FAMILY" = debian ] || die "the role cuda does not work on $EC_OS yet: use an image of Debian or Ubuntu"
[ "$EC_PARAM_SOURCE" = nvidia ] || [ -z "$EC_PARAM_VERSION$EC_PARAM_DRIVER_VERSION" ] ||
    die "Debian has one version of CUDA and its driver for each release: leave out version and driver_version, or set source = \"nvidia\""

if [ "$EC_PARAM_SOURCE" = debian ]; then debian; fi
if [ "$EC_PARAM_SOURCE" = nvidia ] || [ "$EC_PARAM_CONTAINER_TOOLKIT" = true ]; then nvidia; fi
