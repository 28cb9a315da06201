# nvcc compiles a kernel; that needs no GPU.

[ "$EC_PARAM_TOOLKIT" = true ] || exit 0

PATH=$PATH:/usr/local/cuda/bin
work=$(mktemp -d /var/tmp/ecluster-cuda.XXXXXX)
trap 'rm -rf "$work"' EXIT
cat >"$work/probe.cu" <<END
__global__ void twice(float *x) { x[threadIdx.x] *= 2; }
int main() { twice<<<1, 1>>>(nullptr); return 0; }
END
nvcc -o "$work/probe" "$work/probe.cu" ||
    die "nvcc can't compile on $EC_NODE: the log of this step says why"
