# Gives qmaster its host groups, parallel environments, queues and settings:
# makes what is missing and changes what differs, attribute by attribute. What
# nodes have added meanwhile, and what an administrator has, stays.

export SGE_SINGLE_LINE=1
# The commands in /usr/bin are wrappers that find this out each time.
export SGE_ROOT=/var/lib/gridengine SGE_CELL=default PATH="/usr/lib/gridengine:$PATH"
wanted=/etc/ecluster/gridengine
ours=/var/lib/ecluster/gridengine.queues
work=$EC_DIR/gridengine
mkdir -p "$work"

# ask OPTION… runs qconf, whose words are the message when it refuses.
ask() {
    answer=$(qconf "$@" 2>&1) || die "Grid Engine refused \"qconf $*\": $(echo "$answer" | tail -n 1)"
    echo "$answer"
}
listed() { qconf "$1" 2>/dev/null | grep -qxF -- "$2"; }

# lines KIND NAME prints "ATTRIBUTE VALUE" for what the spec says of an object.
lines() {
    awk -v kind="$1" -v name="$2" '$1 == kind && $2 == name { sub(/^[^ ]+ [^ ]+ /, ""); print }' "$wanted"
}
named() { awk -v kind="$1" '$1 == kind && !seen[$2]++ { print $2 }' "$wanted"; }

unit active gridengine-master.service || unit start gridengine-master.service
wait_for 60 "Grid Engine's qmaster (see /var/spool/gridengine/qmaster/messages on $EC_NODE)" qconf -sh
ask -as "$EC_NODE"

# Each line is what each job that says nothing gets; the host's own values are
# set by the nodes. An unknown complex is refused, so these come first. What is
# booked also limits the job, and 0 is no default then: it ends all but the
# smallest programs. So h_vmem is booked only where it is known for each slot.
memory=$(awk '$1 == "memory" { print $4 }' "$wanted")
booked=YES
[ "$memory" -gt 0 ] || booked=NO
{
    qconf -sc | awk -v memory="${memory}M" -v booked="$booked" '
        /^#/ || $1 == "gpu" || $1 == "node_mem" { next }
        $1 == "h_vmem" { $6 = booked; $7 = memory }
        { print }'
    echo "gpu gpu INT <= YES YES 0 0"
    echo "node_mem nm MEMORY <= YES NO 0 0"
} >"$work/complexes"
ask -Mc "$work/complexes"

for name in $(named group); do
    listed -shgrpl "@$name" && continue
    printf 'group_name @%s\nhostlist NONE\n' "$name" >"$work/group"
    ask -Ahgrp "$work/group"
done

# environment NAME RULE makes a parallel environment whose tasks are started,
# limited and accounted by Grid Engine (tight integration).
environment() {
    if listed -spl "$1"; then return 0; fi
    cat >"$work/pe" <<END
pe_name            $1
slots              9999
user_lists         NONE
xuser_lists        NONE
start_proc_args    NONE
stop_proc_args     NONE
allocation_rule    $2
control_slaves     TRUE
job_is_first_task  FALSE
urgency_slots      min
accounting_summary TRUE
qsort_args         NONE
END
    ask -Ap "$work/pe"
}
# shellcheck disable=SC2016 # Grid Engine's words
{
    environment smp '$pe_slots'
    environment mpi '$fill_up'
    environment mpi_rr '$round_robin'
}
for name in $(named pe); do
    # shellcheck disable=SC2016
    environment "$name" '$fill_up'
    lines pe "$name" >"$work/pe"
    ask -Rattr pe "$work/pe" "$name"
done

# A new queue has room for as many jobs as a node has CPUs, which the node says.
# Load is no reason to leave a slot empty, and a job of a lost node runs again.
environments=$(qconf -spl | tr '\n' ' ')
for name in $(named queue); do
    grep -qxF "$name" "$ours" 2>/dev/null || echo "$name" >>"$ours"
    if ! listed -sql "$name"; then
        qconf -sq | awk -v name="$name" '
            $1 == "qname" { $2 = name }
            $1 == "load_thresholds" { $2 = "NONE" }
            $1 == "rerun" { $2 = "TRUE" }
            $1 == "slots" { $2 = 1 }
            $1 == "pe_list" { $0 = "pe_list NONE" }
            { print }' >"$work/queue"
        ask -Aq "$work/queue"
    fi
    {
        echo "pe_list $environments"
        lines queue "$name"
    } >"$work/queue"
    ask -Rattr queue "$work/queue" "$name"
    # A number in the spec is meant for every node, whatever the node had said.
    if grep -q '^slots ' "$work/queue"; then
        for host in $(qconf -sq "$name" | sed -n '/^slots /s/[^[]*\[\([^]=]*\)=[^]]*\]/\1 /gp'); do
            ask -purge queue slots "$name@$host"
        done
    fi
done

# Queues that the spec had once and has no more.
if [ -e "$ours" ]; then
    while read -r name; do
        if ! grep -q "^queue $name " "$wanted" && listed -sql "$name"; then
            qconf -dq "$name" ||
                notice warning "the queue $name is no longer in the spec and stays until its jobs have ended: \"qconf -dq $name\" on $EC_NODE removes it then"
        fi
    done <"$ours"
fi

# Both sets of settings are read, changed and written back; only this step does.
qconf -ssconf >"$work/scheduler"
qconf -sconf | grep -v '^#' >"$work/global"
# put FILE KEY VALUE replaces a line; false when there is none.
put() {
    grep -q "^$2 " "$1" || return 1
    awk -v key="$2" -v value="$3" '$1 == key { print key, value; next } { print }' "$1" >"$1.new"
    mv "$1.new" "$1"
}
put "$work/scheduler" schedule_interval 0:0:1
put "$work/scheduler" flush_submit_sec 1
put "$work/scheduler" flush_finish_sec 1
put "$work/scheduler" job_load_adjustments NONE
put "$work/scheduler" load_adjustment_decay_time 0:0:0
put "$work/global" max_unheard 00:01:00
put "$work/global" load_report_time 00:00:10
put "$work/global" reporting_params \
    "accounting=true reporting=false flush_time=00:00:15 accounting_flush_time=00:00:00 joblog=false sharelog=00:00:00"
while read -r kind _ key value; do
    [ "$kind" = config ] || continue
    put "$work/scheduler" "$key" "$value" || put "$work/global" "$key" "$value" || echo "$key $value" >>"$work/global"
done <"$wanted"
ask -Msconf "$work/scheduler"
ask -Mconf "$work/global"

fact set gridengine.master "$EC_NODE"
