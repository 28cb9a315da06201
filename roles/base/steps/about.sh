# What this node is: its platform, and what it has to offer to jobs.

fact set node.os "$EC_OS"

cpus=$EC_CPUS
[ "$cpus" -gt 0 ] || cpus=$(nproc)

memory=$EC_MEMORY_MB
[ "$memory" -gt 0 ] || memory=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)

gpus=$EC_GPUS
[ "$gpus" -gt 0 ] || gpus=$(find /dev -maxdepth 1 -name 'nvidia[0-9]*' | wc -l)

fact set node.shape "$cpus $memory $gpus"
