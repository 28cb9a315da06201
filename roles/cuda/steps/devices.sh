# The device files, which the scheduler counts, and a driver that stays awake:
# without the daemon each program waits a second for the GPU.

# shellcheck source=/dev/null
. "$EC_FILES/gpu.sh"

# tell TEXT: once, and only if a driver was asked for.
tell() {
    told=/var/lib/ecluster/cuda-told
    if [ "$EC_PARAM_DRIVER" != true ] || [ -e "$told" ]; then return 0; fi
    touch "$told"
    notice info "$1"
}

if in_container || ! driver_works; then
    if in_container; then
        tell "$EC_NODE is a container: its driver is that of its host"
    elif ! gpu_there; then
        tell "$EC_NODE has no GPU of NVIDIA, so it got no driver"
    fi
    unchanged
    exit 0
fi

file_put /etc/modules-load.d/ecluster-nvidia.conf 0644 root:root <<END
# Written by ecluster.
nvidia
nvidia-uvm
END
modprobe nvidia-uvm || true # absent from drivers without CUDA; verify would tell
if command -v nvidia-modprobe >/dev/null; then nvidia-modprobe -c 0 -u || true; fi

if systemctl cat nvidia-persistenced.service >/dev/null 2>&1 && ! unit active nvidia-persistenced.service; then
    unit start nvidia-persistenced.service
    CHANGED=1
fi
if [ "$EC_PARAM_CONTAINER_TOOLKIT" = true ]; then
    described=$(nvidia-ctk cdi generate) || die "nvidia-ctk can't describe the GPUs of $EC_NODE: the log of this step says why"
    file_put /etc/cdi/nvidia.yaml 0644 root:root <<END
$described
END
fi
[ -n "$CHANGED" ] || unchanged
