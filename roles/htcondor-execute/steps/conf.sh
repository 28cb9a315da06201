# What the node offers to jobs: what the spec allows it, else what it has. A
# twentieth of the memory and 64 MB are left to the system.

cpus=$EC_CPUS
[ "$cpus" -gt 0 ] || cpus=$(nproc)
memory=$EC_MEMORY_MB
[ "$memory" -gt 0 ] || memory=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
memory=$((memory - memory / 20 - 64))

# HTCondor finds GPUs through their driver. Device files without one are
# counted, so that jobs get them all the same.
gpus=
if [ "$EC_GPUS" -gt 0 ]; then
    if /usr/libexec/condor/condor_gpu_discovery | grep -q '^DetectedGPUs="[^"]'; then
        gpus='use FEATURE:GPUs'
    else
        names=
        for device in /dev/nvidia[0-9]*; do
            [ -e "$device" ] || continue
            names="$names${names:+, }CUDA${device#/dev/nvidia}"
        done
        [ -n "$names" ] ||
            die "the spec gives $EC_NODE $EC_GPUS GPUs, but it has no /dev/nvidia0: add role \"cuda\" {} to the group $EC_PARAM_GROUP, or take gpu out of it"
        gpus="MACHINE_RESOURCE_GPUs = $names
ENVIRONMENT_FOR_AssignedGPUs = GPU_DEVICE_ORDINAL=/(CUDA|OCL)// CUDA_VISIBLE_DEVICES=/CUDA//
ENVIRONMENT_VALUE_FOR_UnAssignedGPUs = 10000"
    fi
fi

{
    echo "# Written by ecluster."
    echo "NUM_CPUS = $cpus"
    echo "MEMORY = $memory"
    [ -z "$gpus" ] || echo "$gpus"
    cat /etc/ecluster/htcondor-execute.config
} | file_put /etc/condor/config.d/70-ecluster-execute.config 0644 root:root
