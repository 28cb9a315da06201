# shellcheck shell=sh
# What the steps need to know about GPUs.

# A container has the driver and the devices of its host, or none.
in_container() { systemd-detect-virt --quiet --container; }

# gpu_there: is a GPU of NVIDIA on the bus? Class 03 is display, 0x10de NVIDIA.
gpu_there() {
    for device in /sys/bus/pci/devices/*; do
        if [ -r "$device/vendor" ] && grep -qix 0x10de "$device/vendor" && grep -qi '^0x03' "$device/class"; then
            return 0
        fi
    done
    return 1
}

# driver_works: whoever installed it.
driver_works() { [ -r /proc/driver/nvidia/version ] && nvidia-smi -L >/dev/null 2>&1; }
