// Package starter writes the specs that `ecluster init` hands to a user: one
// composition of a cloud, a scheduler, machines and a home, with comments, that
// is valid as it stands. The text is in templates/; which combinations work and
// what each cloud calls its machines is here. It asks nobody anything: the
// questions are internal/cli's.
package starter

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/templates"
)

// The schedulers that a spec can begin with.
const (
	Slurm      = "slurm"
	GridEngine = "gridengine"
	HTCondor   = "htcondor"
	None       = "none" // also: no home, no ttl
)

// The homes that a spec can begin with.
const (
	HomeNFS    = "nfs"
	HomeVolume = "volume"
)

// most is the highest number of nodes that a spec can say.
const most = 50000

// Choice is what the user wants. Empty fields get what is usual on the cloud.
type Choice struct {
	Name        string `json:"name"`
	Cloud       string `json:"cloud"` // the Name of a Cloud, or another word for it
	Scheduler   string `json:"scheduler"`
	Nodes       int    `json:"nodes"`
	MachineType string `json:"machine_type,omitempty"`
	GPU         string `json:"gpu,omitempty"` // "t4", "t4:4"
	Spot        bool   `json:"spot"`
	MPI         bool   `json:"mpi"`
	Home        string `json:"home"`
	TTL         string `json:"ttl"` // "12h"; None is without end
}

// Schedulers are the values of Choice.Scheduler.
func Schedulers() []string { return []string{Slurm, GridEngine, HTCondor, None} }

// Default is the choice of somebody who says nothing.
func Default() Choice { return Choice{Cloud: "docker"} }

// ChoiceError is something that can't be had, and why.
type ChoiceError struct {
	Field string // the flag of init: "gpu"
	Why   string // a sentence
}

// Error names the flag.
func (e *ChoiceError) Error() string { return fmt.Sprintf("--%s: %s", e.Field, e.Why) }

func refuse(field, why string, args ...any) error {
	return &ChoiceError{Field: field, Why: fmt.Sprintf(why, args...)}
}

// Complete fills in what the choice leaves open and refuses what can't be had,
// with a *ChoiceError.
func (c Choice) Complete() (Choice, error) {
	cloud, known := FindCloud(cmp.Or(c.Cloud, Default().Cloud))
	if !known {
		return c, refuse("provider", "there is no %q. %s", c.Cloud, schema.DidYouMean(c.Cloud, CloudNames()))
	}
	c.Cloud = cloud.Name
	c.Name = cmp.Or(c.Name, "mycluster")
	c.Scheduler = cmp.Or(c.Scheduler, Slurm)
	c.Nodes = cmp.Or(c.Nodes, 2)
	c.Home = cmp.Or(c.Home, cloud.Homes[0])
	if c.TTL == "" {
		c.TTL = None
		if cloud.TTL != "" && cloud.Costs {
			c.TTL = "12h"
		}
	}
	for _, check := range []func(Cloud) error{c.checkName, c.checkNodes, c.checkMachine, c.checkHome, c.checkTTL} {
		if err := check(cloud); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c Choice) checkName(Cloud) error {
	if err := cluster.CheckLabel(c.Name); err != nil {
		return refuse("name", "%v.", err)
	}
	if !slices.Contains(Schedulers(), c.Scheduler) {
		return refuse("scheduler", "there is no %q. %s", c.Scheduler, schema.DidYouMean(c.Scheduler, Schedulers()))
	}
	return nil
}

func (c Choice) checkNodes(cloud Cloud) error {
	if c.Nodes < 1 || c.Nodes > most {
		return refuse("nodes", "%d is not a number of nodes from 1 to %d.", c.Nodes, most)
	}
	if c.Spot && !cloud.Spot {
		return refuse("spot", "%s has no spot machines.", cloud.Title)
	}
	return nil
}

func (c Choice) checkMachine(cloud Cloud) error {
	if c.MachineType != "" && cloud.Machine == "" {
		return refuse("machine-type", "%s has no machine types: the spec says cpus and memory.", cloud.Title)
	}
	if strings.ContainsFunc(c.MachineType, func(r rune) bool { return r <= ' ' || strings.ContainsRune("\"\\${}%", r) }) {
		return refuse("machine-type", "%q is no name of a machine type.", c.MachineType)
	}
	if c.GPU == "" || c.GPU == None {
		return nil
	}
	_, err := cloud.FindGPU(c.GPU)
	return err
}

func (c Choice) checkHome(cloud Cloud) error {
	if !slices.Contains(append([]string{None}, cloud.Homes...), c.Home) {
		return refuse("home", "%s can't have %q as its home: choose %s.", cloud.Title, c.Home, strings.Join(append(slices.Clone(cloud.Homes), None), " or "))
	}
	return nil
}

func (c Choice) checkTTL(cloud Cloud) error {
	if c.TTL == None {
		return nil
	}
	if cloud.TTL == "" {
		return refuse("ttl", "%s stay until they are stopped.", cloud.Machines)
	}
	if err := schema.Duration(c.TTL); err != nil {
		return refuse("ttl", "%v.", err)
	}
	return nil
}

// Write returns the spec of a choice, which it completes first.
func Write(c Choice) ([]byte, error) {
	c, err := c.Complete()
	if err != nil {
		return nil, err
	}
	cloud, _ := FindCloud(c.Cloud)
	t, err := template.New("spec.hcl.tmpl").ParseFS(templates.FS, "*.hcl.tmpl")
	if err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	view := view{Choice: c, Is: cloud, Title: title(c, cloud), MachineType: cmp.Or(c.MachineType, cloud.Machine)}
	view.MaxNodes = max(50, 2*c.Nodes)
	if c.GPU != "" && c.GPU != None {
		if view.Accelerator, err = cloud.FindGPU(c.GPU); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if err := t.Execute(&out, view); err != nil {
		return nil, fmt.Errorf("write spec: %w", err)
	}
	return hclwrite.Format(squeeze(out.Bytes())), nil
}

// view is what the templates see.
type view struct {
	Choice
	Is          Cloud
	Title       string
	MachineType string
	MaxNodes    int
	Accelerator GPU // zero: none
}

// HasTTL reports whether the machines go by themselves.
func (v view) HasTTL() bool { return v.TTL != None }

// squeeze leaves at most one empty line between two others, and none at the
// edges of a block: so the templates need not count them.
func squeeze(text []byte) []byte {
	var out []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, " \t\n")
		last := ""
		if len(out) > 0 {
			last = strings.TrimSpace(out[len(out)-1])
		}
		opens := strings.HasSuffix(last, "{") || last == "" || len(out) == 0
		if line == "" && opens {
			continue
		}
		if trimmed := strings.TrimSpace(line); (trimmed == "}" || trimmed == "]") && last == "" && len(out) > 0 {
			out = out[:len(out)-1]
		}
		out = append(out, line)
	}
	return []byte(strings.TrimRight(strings.Join(out, "\n"), "\n") + "\n")
}
