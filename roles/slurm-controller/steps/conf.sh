# Makes slurm.conf from what the spec says and what this node can do.

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
    tracking="ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup,task/affinity"
    fact set slurm.cgroup v2
else
    # SLURM before 23.02 can't do without the plugin, but loads none for this.
    case $(slurmctld -V) in
        *' 22.'*) cgroup="CgroupPlugin=cgroup/v1" ;;
        *) cgroup="CgroupPlugin=disabled" ;;
    esac
    tracking="ProctrackType=proctrack/linuxproc
TaskPlugin=task/none"
    fact set slurm.cgroup "disabled: $EC_NODE has no control groups (version 2) for$missing"
fi

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

file_put /etc/slurm/cgroup.conf 0644 root:root <<END
# Written by ecluster.
$cgroup
END
{
    echo "# Written by ecluster. Change the spec instead: scheduler \"slurm\" { config = {...} }"
    echo "$tracking"
    echo "MaxNodeCount=$max"
    cat /etc/slurm/ecluster/slurm.conf
} | merge | file_put /etc/slurm/slurm.conf 0644 root:root
