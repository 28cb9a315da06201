# How slurmd describes this node: what the spec allows it, else what it finds.
# A twentieth of the memory and 64 MB are left to the system.

found=$(slurmd -C | sed -n 's/^NodeName=[^ ]* //p')
found_cpus=$(echo "$found" | sed 's/.*CPUs=\([0-9]*\).*/\1/')
memory=$(echo "$found" | sed 's/.*RealMemory=\([0-9]*\).*/\1/')

cpus=$(echo "$found" | sed 's/ RealMemory=.*//')
if [ "$EC_CPUS" -gt 0 ] && [ "$EC_CPUS" != "$found_cpus" ]; then
    cpus="CPUs=$EC_CPUS"
fi
if [ "$EC_MEMORY_MB" -gt 0 ]; then
    memory=$EC_MEMORY_MB
fi
memory=$((memory - memory / 20 - 64))

node="$cpus RealMemory=$memory Feature=g_$EC_PARAM_GROUP"
if [ -n "$EC_PARAM_GRES" ]; then
    node="$node Gres=$EC_PARAM_GRES"
fi

file_put /etc/default/slurmd 0644 root:root <<END
# Written by ecluster.
SLURMD_OPTIONS="-Z --conf-server $EC_PARAM_CONTROLLER --conf '$node'"
END
