# Makes the configuration from what the spec says and what this node can do.

if [ -n "$EC_PARAM_MAIL_PROGRAM" ] && ! [ -x "$EC_PARAM_MAIL_PROGRAM" ]; then
    die "$EC_NODE has no program $EC_PARAM_MAIL_PROGRAM to send mail with: install it (role \"packages\"), or leave mail_program out"
fi

# "slurmctld -V" says "slurm 24.11.5" or "slurm-wlm 22.05.8".
version=$(slurmctld -V | sed 's/.* //')
at_least() {
    [ "$(printf '%s\n' "$1" "$version" | sort -V | head -n 1)" = "$1" ]
}

# Which way to hold jobs together: control groups where systemd can hand some
# over, which is how slurmd gets its own, else the parent-child relation of
# processes. In a container the kernel may have no version 2 for us.
# shellcheck disable=SC2016 # for the inner shell
have=$(systemd-run --quiet --scope --property=Delegate=yes \
    sh -c 'cat "/sys/fs/cgroup$(sed -n "s/^0:://p" /proc/self/cgroup)/cgroup.controllers"' 2>/dev/null || true)
missing=
for controller in cpu cpuset memory; do
    case " $have " in
        *" $controller "*) ;;
        *) missing="$missing $controller" ;;
    esac
done

if [ -z "$missing" ]; then
    # A container may not filter devices, whatever its control groups say.
    devices=yes
    if systemd-detect-virt --quiet --container; then devices=no; fi
    cgroup="CgroupPlugin=cgroup/v2
ConstrainCores=yes
ConstrainRAMSpace=yes
ConstrainDevices=$devices"
    holding="ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup,task/affinity
JobAcctGatherFrequency=30"
    fact set slurm.cgroup v2
else
    # SLURM before 23.02 can't do without the plugin, but loads none for this.
    cgroup="CgroupPlugin=disabled"
    at_least 23.02 || cgroup="CgroupPlugin=cgroup/v1"
    # Memory is looked at every ten seconds; a job over what it asked for ends.
    # What processes share counts once.
    holding="ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherParams=OverMemoryKill,UsePss
JobAcctGatherFrequency=task=10"
    fact set slurm.cgroup "disabled: $EC_NODE has no control groups (version 2) for$missing"
fi

# srun starts MPI programs by PMIx where SLURM was built with it and the library
# is there that the plugin opens by its name: Debian 12 has that name only in
# libpmix-dev, and every srun fails with a plugin that can't be loaded.
mpi=
for plugin in /usr/lib/*/slurm-wlm/mpi_pmix.so /usr/lib/*/slurm/mpi_pmix.so /usr/lib64/slurm/mpi_pmix.so; do
    [ -e "$plugin" ] || continue
    library=$(grep -ao 'libpmix\.so[.0-9]*' "$plugin" | head -n 1)
    for file in /usr/lib/*/"$library" /usr/lib64/"$library"; do
        if [ -e "$file" ]; then mpi="MpiDefault=pmix"; fi
    done
done

# A new MaxNodeCount restarts slurmctld, so it grows in big steps.
max=1024
while [ "$max" -lt "$EC_PARAM_MAX_NODES" ]; do max=$((max * 2)); done

# Of two lines with the same key the later one stays, in the place of the
# earlier; the keys that may stand several times all stay.
merge() {
    awk -F= '
        /^[ \t]*(#|$)/ { line[++n] = $0; next }
        tolower($1) ~ /^[ \t]*(nodeset|partitionname|nodename|downnodes|include.*)$/ { line[++n] = $0; next }
        { key = tolower($1); if (!(key in at)) at[key] = ++n; line[at[key]] = $0 }
        END { for (i = 1; i <= n; i++) print line[i] }
    '
}

# hook NAME TEXT writes a script that slurmctld hands to the nodes.
hook() {
    if [ -n "$2" ]; then
        printf '%s\n' "$2" | file_put "/etc/slurm/$1" 0755 root:root
    else
        rm -f "/etc/slurm/$1"
    fi
}

hook prolog "$EC_PARAM_PROLOG"
hook epilog "$EC_PARAM_EPILOG"
sed "s/\[001-MAX\]/[001-$max]/" /etc/slurm/ecluster/gres.conf | file_put /etc/slurm/gres.conf 0644 root:root
file_put /etc/slurm/cgroup.conf 0644 root:root <<END
# Written by ecluster.
$cgroup
END
{
    echo "# Written by ecluster. Change the spec instead: scheduler \"slurm\" { config = {...} }"
    echo "$holding"
    echo "$mpi"
    echo "MaxNodeCount=$max"
    cat /etc/slurm/ecluster/slurm.conf
} | merge | file_put /etc/slurm/slurm.conf 0644 root:root
