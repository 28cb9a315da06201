#!/bin/sh
# Written by ecluster. Runs every half a minute on the frontend: forgets nodes
# that have said nothing for long, and counts what the scheduler has to do.
set -eu

find /var/lib/prometheus/ecluster -name '*.json' -mmin +15 -delete

out=/var/lib/prometheus/node-exporter/scheduler.prom
if command -v squeue >/dev/null && timeout 20 scontrol ping >/dev/null 2>&1; then
    {
        echo "# HELP scheduler_jobs Jobs by their state; each task of an array is one."
        echo "# TYPE scheduler_jobs gauge"
        { echo RUNNING; echo PENDING; timeout 20 squeue --noheader --array --format %T; } | sort | uniq -c |
            awk '{ n = $1; if ($2 == "RUNNING" || $2 == "PENDING") n--; printf "scheduler_jobs{state=\"%s\"} %d\n", tolower($2), n }'
        echo "# HELP scheduler_nodes Nodes by what the scheduler says of them."
        echo "# TYPE scheduler_nodes gauge"
        timeout 20 sinfo --noheader --Node --format '%N %T' | sort -u | awk '{ print $2 }' | sort | uniq -c |
            awk '{ gsub(/[^a-z]/, "", $2); n[$2] += $1 } END { for (s in n) printf "scheduler_nodes{state=\"%s\"} %d\n", s, n[s] }'
    } >"$out.new"
    chmod 0644 "$out.new"
    mv "$out.new" "$out"
else
    rm -f "$out"
fi
