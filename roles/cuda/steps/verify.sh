# The GPU answers, where there is one, and the compiler is there.

# shellcheck source=/dev/null
. "$EC_FILES/gpu.sh"

if [ "$EC_PARAM_TOOLKIT" = true ]; then
    PATH=$PATH:/usr/local/cuda/bin
    command -v nvcc >/dev/null || die "nvcc is no longer on $EC_NODE: install the toolkit again"
fi
if [ "$EC_PARAM_DRIVER" = true ] && ! in_container && gpu_there && ! driver_works; then
    die "the GPU of $EC_NODE does not answer: \"nvidia-smi\" and \"dmesg | grep -i nvidia\" there say why"
fi
