package scheduler

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// forgetScript defines forget NODE: HTCondor no longer lists the node. It only
// asks; a node that lives tells of itself again.
const forgetScript = `forget() {
    for kind in STARTD:Machine STARTD:StartD MASTER:DaemonMaster; do
        printf 'MyType = "Query"\nTargetType = "%s"\nRequirements = Machine == "%s` + condorDomain + `"\n' "${kind#*:}" "$1" |
            condor_advertise "INVALIDATE_${kind%:*}_ADS" - >/dev/null || return
    done
}
`

// requeueScript defines requeue JOB: it goes back into the queue. The shadow of
// a job whose machine is gone would wait for that machine as long as the lease
// of the job lasts, 40 minutes; its end tells the schedd that there is nothing
// to wait for.
const requeueScript = `requeue() {
    condor_vacate_job -fast "$1" >/dev/null 2>&1 || return 0
    mine="^condor_shadow ([^ ]* )*${1%.*}\\.${1#*.} "
    tries=0
    while shadow=$(pgrep -f "$mine") && [ "$tries" -lt 20 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    [ -z "$shadow" ] || kill -KILL $shadow 2>/dev/null || :
}
`

// Requeue implements Client.
func (c condor) Requeue(ctx context.Context, nodes []cluster.NodeName) error {
	if len(nodes) == 0 {
		return nil
	}
	jobs, err := c.jobsOn(ctx, nodes)
	if err != nil || len(jobs) == 0 {
		return err
	}
	if _, err := c.exec(ctx, requeueScript+inParallel("requeue", jobs, "")); err != nil {
		return fmt.Errorf("requeue the jobs of %s: %w", names(nodes), err)
	}
	return nil
}

// Remove implements Client.
func (c condor) Remove(ctx context.Context, nodes []cluster.NodeName) error {
	if len(nodes) == 0 {
		return nil
	}
	jobs, err := c.jobsOn(ctx, nodes)
	if err != nil {
		return fmt.Errorf("remove %s from HTCondor: %w", names(nodes), err)
	}
	script := forgetScript + requeueScript + inParallel("requeue", jobs, "") + inParallel("forget", nodes, "")
	if _, err := c.exec(ctx, script); err != nil {
		return fmt.Errorf("remove %s from HTCondor: %w", names(nodes), err)
	}
	return nil
}

// Admit implements Admitter. HTCondor lets any machine in that has a token; but
// where a new one comes under the name of one that is gone, what that one ran
// goes back into the queue first.
func (c condor) Admit(ctx context.Context, nodes []cluster.NodeName) error {
	if len(nodes) == 0 {
		return nil
	}
	known, err := c.Nodes(ctx)
	if err != nil {
		return fmt.Errorf("admit %s: %w", names(nodes), err)
	}
	var former []cluster.NodeName
	for _, n := range known {
		if slices.Contains(nodes, n.Name) {
			former = append(former, n.Name)
		}
	}
	if len(former) == 0 {
		return nil
	}
	// One that answers is no newcomer.
	out, err := c.exec(ctx, answersScript+`silent() { answers "$1" || echo "$1"; }
`+inParallel("silent", former, ""))
	if err != nil {
		return fmt.Errorf("admit %s: %w", names(nodes), err)
	}
	var gone []cluster.NodeName
	for name := range strings.FieldsSeq(string(out)) {
		gone = append(gone, cluster.NodeName(name))
	}
	return c.Remove(ctx, gone)
}

// jobID is CLUSTER.PROC.
type jobID string

// jobsOn are the jobs that run on some of the nodes.
func (c condor) jobsOn(ctx context.Context, nodes []cluster.NodeName) ([]jobID, error) {
	out, err := c.exec(ctx, "condor_q -allusers -constraint 'JobStatus != 1 && JobStatus != 5' -json -attributes ClusterId,ProcId,RemoteHost,RemoteHosts\n")
	if err != nil {
		return nil, fmt.Errorf("ask HTCondor for running jobs: %w", err)
	}
	var running []struct {
		ClusterId, ProcId       int    //nolint:revive // HTCondor's names
		RemoteHost, RemoteHosts string // the second is that of parallel jobs, a list
	}
	if len(strings.TrimSpace(string(out))) > 0 {
		if err := json.Unmarshal(out, &running); err != nil {
			return nil, fmt.Errorf("read the running jobs: %w", err)
		}
	}
	var jobs []jobID
	for _, j := range running {
		hosts := strings.FieldsFunc(j.RemoteHost+","+j.RemoteHosts, func(r rune) bool { return r == ',' || r == ' ' })
		if slices.ContainsFunc(hosts, func(h string) bool { return slices.Contains(nodes, nodeOf(h)) }) {
			jobs = append(jobs, jobID(fmt.Sprintf("%d.%d", j.ClusterId, j.ProcId)))
		}
	}
	return jobs, nil
}
