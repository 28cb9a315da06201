package role

import (
	"slices"
	"text/template"
	"time"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

// Phase is a part of setting a node up.
type Phase string

// The phases. A run does the first four in this order unless it is told which.
const (
	Install   Phase = "install"   // knows the operating system only; what bake freezes
	Configure Phase = "configure" // knows the cluster
	Join      Phase = "join"      // the node becomes a member
	Verify    Phase = "verify"    // proves that it works; runs every time
	Leave     Phase = "leave"     // before the node is deleted
	Notified  Phase = "notified"  // only when a changed file asks for it
)

// DefaultPhases returns the phases of a set-up, in order.
func DefaultPhases() []Phase { return []Phase{Install, Configure, Join, Verify} }

// Role is one role folder, parsed and checked. It is immutable.
type Role struct {
	Name       string
	Summary    string
	Doc        string
	Platforms  []string // "debian-13"; empty means any
	Requires   []string // roles that come before this one on the same node
	Conflicts  []string // roles that can't be on the same node
	Repeatable bool     // several uses on one node are told apart by a label
	Untested   string   // why the role is untested, or empty
	Needs      cluster.Needs
	Params     schema.Schema
	// InstallParams are the parameters that install steps see.
	InstallParams []string
	Packages      map[string][]string // by platform, system or family; the most specific counts
	PackagesFrom  string              // a list(string) parameter with more of them
	Debconf       []string            // answers that debconf is given before the packages
	Secrets       []Secret
	Files         []File
	Steps         []Step

	digest string
	text   map[string]*template.Template // files/ that are templates, parsed
	raw    map[string][]byte             // files/ that no file block renders
	script map[string][]byte             // steps/
	inner  map[string]*typeexpr.Defaults // of optional(type, default) within the types of parameters
}

// WorksOn reports whether the role supports a platform, "debian-13".
func (r *Role) WorksOn(platform string) bool {
	return len(r.Platforms) == 0 || slices.Contains(r.Platforms, platform)
}

// Secret is a random value of the whole cluster.
type Secret struct {
	Name  string
	Bytes int
	SSH   bool // an SSH key is made of it
}

// secretSSH is the form of a secret that is an SSH key.
const secretSSH = "ssh"

// File is a file that the role writes at the start of its configure phase.
type File struct {
	Path     string
	Template string // name in files/, or empty
	Secret   string // name of a secret, or empty
	Owner    string // "user:group"
	Mode     string // octal, as in "0644"
	Notify   []string
	When     string // a bool parameter without which the file is not written, or empty
}

// Step is one script of a role.
type Step struct {
	Name    string
	Phase   Phase
	Run     string   // name in steps/
	Wait    []string // facts that must be known first
	Exports []string // facts that it must set
	Always  bool     // has no stamp
	When    string   // a parameter without which there is no such step, or empty
	Timeout time.Duration
}
