# The driver, where there is a GPU and none works yet.

# shellcheck source=/dev/null
. "$EC_FILES/gpu.sh"

if [ "$EC_PARAM_DRIVER" != true ] || in_container || ! gpu_there || driver_works; then
    unchanged
    exit 0
fi

# once WHAT: false when this machine, not the one that an image was frozen on,
# was rebooted for it already.
once() {
    mark=/var/lib/ecluster/cuda-$1
    ! cmp -s /etc/machine-id "$mark" || return 1
    cp /etc/machine-id "$mark"
}

# The modules are built for one kernel: the one that runs, if its headers can
# still be had, else the newest, which then has to run first.
kernel=$(uname -r)
if [ ! -e "/lib/modules/$kernel/build" ] && ! (pkg install "linux-headers-$kernel"); then
    flavour=${kernel##*-} # amd64, aws, gcp, azure, generic
    case $kernel in *-cloud-*) flavour=cloud-$flavour ;; esac
    pkg install "linux-image-$flavour" "linux-headers-$flavour"
    once kernel || die "the node still boots the kernel $kernel, for which there are no headers: make it boot the newest that is installed"
    reboot "there are no headers for its kernel $kernel any more; the newest was installed"
fi

case $EC_PARAM_SOURCE.$EC_PARAM_OPEN_MODULES in
    debian.false) modules=nvidia-kernel-dkms ;;
    debian.true) modules=nvidia-open-kernel-dkms ;;
    nvidia.false) modules=cuda-drivers${EC_PARAM_DRIVER_VERSION:+-$EC_PARAM_DRIVER_VERSION} ;;
    nvidia.true) modules=nvidia-open${EC_PARAM_DRIVER_VERSION:+-$EC_PARAM_DRIVER_VERSION} ;;
esac
if [ "$EC_PARAM_SOURCE" = debian ]; then
    pkg install "$modules" nvidia-smi nvidia-persistenced nvidia-modprobe libcuda1
else
    pkg install "$modules"
fi

# nouveau may hold the GPU until it is rebooted without it.
modprobe --remove nouveau 2>/dev/null || true
if modprobe nvidia && driver_works; then exit 0; fi

if [ "$(od -An -tu1 -j4 -N1 /sys/firmware/efi/efivars/SecureBoot-* 2>/dev/null | tr -d ' ')" = 1 ]; then
    die "Secure Boot refuses NVIDIA's driver on this machine, because nobody signed it: switch Secure Boot off for this machine type or image"
fi
if once driver; then reboot "NVIDIA's driver was installed"; fi
die "NVIDIA's driver is installed but does not work with this GPU and kernel: \"dmesg | grep -i nvidia\" on the node says why; other versions come with source = \"nvidia\""
