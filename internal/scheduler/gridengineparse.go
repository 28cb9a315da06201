package scheduler

import (
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
)

// memoryComplex is the attribute of a host that says how much memory its jobs
// may use together; the role gridengine-exec sets it.
const memoryComplex = "node_mem"

// noValue stands where qhost has not heard of a host.
const noValue = "-"

// hosts is what `qhost -q -j -F … -xml` prints.
type hosts struct {
	Hosts []host `xml:"host"`
}

type host struct {
	Name      string  `xml:"name,attr"`
	Values    []value `xml:"hostvalue"`
	Resources []value `xml:"resourcevalue"`
	Queues    []struct {
		Name   string  `xml:"name,attr"`
		Values []value `xml:"queuevalue"`
	} `xml:"queue"`
	Jobs []struct {
		ID     string  `xml:"name,attr"`
		Values []value `xml:"jobvalue"`
	} `xml:"job"`
}

type value struct {
	Name string `xml:"name,attr"`
	Text string `xml:",chardata"`
}

func find(values []value, name string) string {
	for _, v := range values {
		if v.Name == name {
			return strings.TrimSpace(v.Text)
		}
	}
	return ""
}

// parseHosts reads what qhost prints. The host "global" is none.
func parseHosts(out []byte) ([]NodeStatus, error) {
	var list hosts
	if err := decode(out, &list); err != nil {
		return nil, err
	}
	var nodes []NodeStatus
	for _, h := range list.Hosts {
		if h.Name == "global" || h.Name == "" {
			continue
		}
		nodes = append(nodes, h.status())
	}
	slices.SortFunc(nodes, func(a, b NodeStatus) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return nodes, nil
}

// decode reads XML, of which Grid Engine promises no encoding.
func decode(out []byte, into any) error {
	d := xml.NewDecoder(strings.NewReader(strings.ToValidUTF8(string(out), "?")))
	d.Strict = false
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("its answer can't be read: %w", err)
	}
	return nil
}

func (h host) status() NodeStatus {
	name, _, _ := strings.Cut(h.Name, ".")
	n := NodeStatus{Name: cluster.NodeName(name), Memory: gridBytes(find(h.Resources, memoryComplex))}
	var states []string
	for _, q := range h.Queues {
		n.AllocCPUs += count(find(q.Values, "slots_used"))
		n.Queues = append(n.Queues, q.Name)
		states = append(states, find(q.Values, "state_string"))
	}
	n.CPUs = n.AllocCPUs + count(find(h.Resources, "slots")) // what is left, and what is taken
	tasks := map[string]bool{}
	for _, j := range h.Jobs {
		tasks[j.ID+"."+find(j.Values, "taskid")] = true
	}
	n.Jobs = len(tasks)
	n.State, n.Reason = gridState(states, n.Jobs > 0 || n.AllocCPUs > 0, find(h.Values, "load_avg") != noValue)
	return n
}

// gridState judges a host by the states of its queues, which are letters. A
// host works for jobs when one of its queues does.
func gridState(queues []string, busy, heard bool) (NodeState, string) {
	all := func(letters string) bool {
		return !slices.ContainsFunc(queues, func(s string) bool { return !strings.ContainsAny(s, letters) })
	}
	switch {
	case !heard:
		return Down, "its execd does not report to qmaster"
	case len(queues) == 0:
		return Unknown, "it is in no queue"
	case all("u"):
		return Down, "qmaster does not hear of it"
	case all("uEco"):
		return Down, "its queues are in an error state: \"qstat -f -explain E\" says why, \"qmod -c '*'\" clears it"
	case !all("uEcodDsSC") && busy:
		return Busy, ""
	case !all("uEcodDsSC"):
		return Idle, ""
	case busy:
		return Draining, "its queues are disabled or suspended"
	default:
		return Drained, "its queues are disabled or suspended"
	}
}

// count reads "2" or "2.000000"; anything else is 0.
func count(s string) int {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || f < 0 || f > 1<<30 {
		return 0
	}
	return int(f)
}

// gridBytes reads an amount of memory: "800.000M", "1.5G"; 0 when it is none.
// Capital letters are powers of 1024, small ones of 1000.
func gridBytes(s string) cluster.Bytes {
	units := map[byte]float64{'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30, 'T': 1 << 40, 'k': 1e3, 'm': 1e6, 'g': 1e9, 't': 1e12}
	unit := 1.0
	if s != "" {
		if u, has := units[s[len(s)-1]]; has {
			unit, s = u, s[:len(s)-1]
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || f < 0 || f*unit > 1<<60 {
		return 0
	}
	return cluster.Bytes(f * unit)
}

// gridJobs is what `qstat -u '*' -xml` prints.
type gridJobs struct {
	Running []gridJob `xml:"queue_info>job_list"`
	Waiting []gridJob `xml:"job_info>job_list"`
}

type gridJob struct {
	State string `xml:"state"`
	Tasks string `xml:"tasks"`
}

// parseJobs counts what qstat prints: a running task stands for itself, those
// of an array that wait stand in one line.
func parseJobs(out []byte) (Queue, error) {
	var list gridJobs
	if err := decode(out, &list); err != nil {
		return Queue{}, err
	}
	q := Queue{Running: len(list.Running), Reasons: map[string]int{}}
	for _, j := range list.Waiting {
		n := taskCount(j.Tasks)
		q.Pending += n
		q.Reasons[waitsFor(j.State)] += n
	}
	return q, nil
}

// waitsFor says in words why a job with these letters does not run.
func waitsFor(state string) string {
	switch {
	case strings.Contains(state, "E"):
		return "error (qstat -j says which)"
	case strings.Contains(state, "h"):
		return "held"
	default:
		return "free slots"
	}
}

// maxTasks bounds what one list of tasks may stand for.
const maxTasks = 10_000_000

// taskCount counts the tasks of "4-20:2,25"; a job that is no array is one.
func taskCount(list string) int {
	if strings.TrimSpace(list) == "" {
		return 1
	}
	total := 0
	for part := range strings.SplitSeq(list, ",") {
		span, by, _ := strings.Cut(strings.TrimSpace(part), ":")
		first, last, isSpan := strings.Cut(span, "-")
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		step, err3 := strconv.Atoi(by)
		if err3 != nil || step < 1 {
			step = 1
		}
		if !isSpan || err1 != nil || err2 != nil || to < from {
			total++
			continue
		}
		total += (to-from)/step + 1
	}
	return min(max(total, 1), maxTasks)
}
