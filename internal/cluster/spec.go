package cluster

import (
	"slices"
	"time"
)

// Spec is a cluster as it is wanted: the spec language resolved to plain
// data, with every default filled in and every piece of sugar expanded. It is
// stored in the state as it is, so it must survive JSON unharmed.
type Spec struct {
	Name      Name         `json:"name"`
	Provider  ProviderSpec `json:"provider"`
	Image     string       `json:"image,omitempty"`
	BatchSize int          `json:"batch_size"` // instances in one launch call; at least 1
	Frontend  GroupName    `json:"frontend"`
	Login     Login        `json:"login"`
	Groups    []Group      `json:"groups"` // in the order of the spec
	Scheduler *Scheduler   `json:"scheduler,omitempty"`
	Shares    []Share      `json:"shares,omitempty"`
	Network   Network      `json:"network"`
	Limits    Limits       `json:"limits"`
	// RoleDirs are the user's own role folders, absolute, which overlay the
	// embedded roles; earlier ones win.
	RoleDirs []string `json:"role_dirs,omitempty"`
}

// ProviderSpec says which cloud, under which alias, with which settings. The
// settings are what the provider's own schema decoded.
type ProviderSpec struct {
	Kind     string         `json:"kind"`  // "docker", "google"
	Alias    string         `json:"alias"` // the label by which the spec names it
	Settings map[string]any `json:"settings,omitempty"`
}

// Login is the one ordinary user that exists on every node.
type Login struct {
	User string `json:"user"`
	UID  int    `json:"uid"`
	Sudo bool   `json:"sudo"`
}

// Group is a set of nodes of one shape and purpose.
type Group struct {
	Name        GroupName `json:"name"`
	Count       int       `json:"count"`
	MinCount    int       `json:"min_count"` // fewer ready nodes than this is a failure; at most Count
	MachineType string    `json:"machine_type,omitempty"`
	Image       string    `json:"image,omitempty"` // the cluster's image where empty
	Spot        bool      `json:"spot,omitempty"`
	BootDisk    *Disk     `json:"boot_disk,omitempty"`
	GPU         *GPU      `json:"gpu,omitempty"`
	// Settings are the provider's own attributes of a group, decoded by its schema.
	Settings map[string]any `json:"settings,omitempty"`
	// Roles are what is installed on each node, in the order of execution.
	Roles []RoleUse `json:"roles"`
	// Needs is the union of what the roles need from their machine.
	Needs Needs `json:"needs"`
}

// Disk describes a boot disk.
type Disk struct {
	SizeGB int    `json:"size_gb,omitempty"`
	Type   string `json:"type,omitempty"`
}

// GPU describes the accelerators of one node.
type GPU struct {
	Type  string `json:"type"`
	Count int    `json:"count"`
}

// RoleUse is one role with its parameters, all defaults filled in.
type RoleUse struct {
	Name   string         `json:"name"`
	Label  string         `json:"label,omitempty"` // tells two uses of a repeatable role apart
	Params map[string]any `json:"params,omitempty"`
}

// Key names a use within a node: the name of the role, and its label.
func (u RoleUse) Key() string {
	if u.Label == "" {
		return u.Name
	}
	return u.Name + "." + u.Label
}

// Needs is what a node must offer so that its roles work. Providers see it;
// they never see roles.
type Needs struct {
	Devices []string `json:"devices,omitempty"` // "/dev/fuse"
	Mounts  []Mount  `json:"mounts,omitempty"`  // volumes that the provider mounts
}

// Mount is a volume of the provider's, shared by all nodes of the cluster.
type Mount struct {
	Volume string `json:"volume"` // name within the cluster: "home"
	Path   string `json:"path"`   // absolute
	// Keep says that the volume outlives the cluster: a later one of the same
	// name mounts it again.
	Keep bool `json:"keep,omitempty"`
}

// Scheduler is the scheduler block, for display and for the scheduler client;
// its effect on nodes is already expanded into roles.
type Scheduler struct {
	Kind       string      `json:"kind"` // "slurm"
	Workers    []GroupName `json:"workers"`
	Accounting bool        `json:"accounting,omitempty"`
}

// Share is a file system that all nodes mount.
type Share struct {
	Path   string    `json:"path"`
	Type   string    `json:"type"` // "volume", "nfs"
	Server GroupName `json:"server,omitempty"`
	Keep   bool      `json:"keep,omitempty"` // survives stop
}

// Network says who may reach the cluster.
type Network struct {
	SSHFrom []string `json:"ssh_from,omitempty"`
}

// Limits protect the user's grant.
type Limits struct {
	TTL      time.Duration `json:"ttl,omitempty"`
	MaxNodes int           `json:"max_nodes"`
	// AskAbovePrice is the price an hour above which the user is asked, in the
	// currency that the provider tells; 0 is never.
	AskAbovePrice float64 `json:"ask_above_price,omitempty"`
}

// Group returns the group of that name.
func (s *Spec) Group(name GroupName) (*Group, bool) {
	i := slices.IndexFunc(s.Groups, func(g Group) bool { return g.Name == name })
	if i < 0 {
		return nil, false
	}
	return &s.Groups[i], true
}

// IsWorker reports whether nodes of the group run jobs.
func (s *Spec) IsWorker(name GroupName) bool {
	return s.Scheduler != nil && slices.Contains(s.Scheduler.Workers, name)
}

// FrontendNode is the name of the node that users log in to.
func (s *Spec) FrontendNode() NodeName { return NewNodeName(s.Frontend, 1) }
