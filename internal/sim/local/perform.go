package local

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/ecluster/ecluster/internal/remote"
)

// Facts and roles with which the engine does something.
const (
	factHostKey      = "node.hostkey"
	factHostKeySaved = "node.hostkey.saved"
	roleWorker       = "slurm-worker"
)

// performance pretends to carry out a plan (internal/role/agent/verbs.sh).
type performance struct {
	*session
	ctx context.Context //nolint:containedctx // a performance is one call

	phase           string
	on              bool
	key, file, role string   // of the use at hand
	packages        []string // wanted
	listed          string   // the use whose list for this system was taken
	changed         bool     // a file of the use at hand
	pending         []string // steps that changed files ask for
	ran             []string // steps of the use at hand
}

// perform reports whether all went well.
func (p *performance) perform() bool {
	for _, words := range p.bundle.plan {
		verb, args := words[0], words[1:]
		if len(args) < argsOf[verb] {
			continue
		}
		if !p.do(verb, args) {
			return false
		}
	}
	return true
}

// argsOf is the least number of words after each verb.
var argsOf = map[string]int{"platforms": 1, "phase": 1, "role": 3, "packages": 2, "file": 5, "step": 7, "on_notify": 7}

func (p *performance) do(verb string, args []string) bool {
	switch verb {
	case "platforms":
		return p.platforms(args[0], args[1:])
	case "phase":
		p.phase, p.on = args[0], slices.Contains(p.phases, args[0])
		if p.on {
			p.event("phase", "phase", p.phase)
		}
	case "role":
		p.key, p.file, p.role = args[0], args[1], args[2]
		p.ran, p.pending, p.changed = nil, nil, false
	case "packages":
		p.wants(args[0], args[1], args[2:])
	}
	if !p.on {
		return true
	}
	switch verb {
	case "install_packages":
		return p.install()
	case "file":
		p.write(args)
	case "files_end":
		p.finished(p.key, "files", p.changed)
	case "step":
		return p.step(args)
	case "on_notify":
		if slices.Contains(p.pending, "step:"+args[0]) && !slices.Contains(p.ran, args[0]) {
			return p.takeStep(args)
		}
	}
	return true
}

func (p *performance) platforms(key string, list []string) bool {
	if slices.Contains(list, p.box.boot.Image) || slices.Equal(p.phases, []string{"-"}) {
		return true
	}
	p.event("step_finished", "role", key, "step", "", "outcome", "failed", "ms", "0",
		"message", "it works on "+strings.Join(list, " ")+", but this node runs "+p.box.boot.Image)
	return false
}

// wants takes the first list of a use that is for this system, and the one for
// any.
func (p *performance) wants(use, system string, names []string) {
	image := p.box.boot.Image
	id, _, _ := strings.Cut(image, "-")
	switch {
	case system == "any":
	case p.listed != use && (system == image || system == id || system == "debian" && id == "ubuntu"):
		p.listed = use
	default:
		return
	}
	p.packages = append(p.packages, names...)
}

func (p *performance) install() bool {
	missing := slices.DeleteFunc(slices.Clone(p.packages), func(name string) bool { return p.box.has("package", name) })
	if len(missing) == 0 {
		p.finished("os", "packages", false)
		return true
	}
	p.event("step_started", "role", "os", "step", "packages")
	if !p.pause(p.ctx, p.box.world.options.StepTime) {
		return false
	}
	for _, name := range missing {
		p.box.keep("package", name)
	}
	p.finished("os", "packages", true)
	return true
}

// write is file SOURCE PATH MODE OWNER HASH NOTIFY…
func (p *performance) write(args []string) {
	path, content := args[1], args[2:5]
	if p.box.has("file", path, content...) {
		return
	}
	if !p.changed {
		p.changed = true
		p.event("step_started", "role", p.key, "step", "files")
	}
	p.box.keep("file", path, content...)
	p.pending = append(p.pending, args[5:]...)
}

// step is step NAME SCRIPT HASH LIMIT ALWAYS WAITS EXPORTS.
func (p *performance) step(args []string) bool {
	if always := args[4] != ""; always || !p.box.has("stamp", p.file+"."+args[0], args[2]) {
		return p.takeStep(args)
	}
	for fact := range strings.FieldsSeq(args[6]) {
		value, ok := p.box.fact(fact)
		if !ok {
			return p.takeStep(args)
		}
		p.publish(fact, value)
	}
	p.finished(p.key, args[0], false)
	return true
}

func (p *performance) takeStep(args []string) bool {
	name, waits, exports := args[0], args[5], args[6]
	for fact := range strings.FieldsSeq(waits) {
		if !p.waitFor(fact) {
			return false
		}
	}
	p.event("step_started", "role", p.key, "step", name)
	if !p.pause(p.ctx, p.box.world.options.StepTime) {
		return false
	}
	if !p.effect(strings.Fields(waits)) {
		return false
	}
	for fact := range strings.FieldsSeq(exports) {
		value, ok := p.discover(fact)
		if !ok {
			return false
		}
		p.box.setFact(fact, value)
		p.publish(fact, value)
	}
	p.ran = append(p.ran, name)
	p.box.keep("stamp", p.file+"."+name, args[2])
	p.finished(p.key, name, true)
	return true
}

func (p *performance) waitFor(fact string) bool {
	known := func() bool { _, ok := p.facts[fact]; return ok }
	p.mu.Lock()
	ok := known()
	p.mu.Unlock()
	if ok {
		return true
	}
	p.event("waiting", "fact", fact)
	if !p.await(p.ctx, known) {
		return false
	}
	p.event("waiting", "fact", "")
	return true
}

func (p *performance) publish(fact, value string) {
	p.mu.Lock()
	p.facts[fact] = value
	p.mu.Unlock()
	p.event("fact", "name", fact, "value", value)
}

func (p *performance) finished(key, step string, changed bool) {
	outcome := "unchanged"
	if changed {
		outcome = "changed"
	}
	ms := strconv.FormatInt(p.box.world.options.StepTime.Milliseconds(), 10)
	p.event("step_finished", "role", key, "step", step, "outcome", outcome, "ms", ms)
}

// effect is what a step does that others notice.
func (p *performance) effect(waits []string) bool {
	env := p.bundle.env
	switch {
	case slices.Contains(waits, factHostKeySaved):
		return p.box.useOwnKey() == nil
	case p.role == roleWorker && p.phase == "join":
		p.box.world.slurms.join(env["EC_CLUSTER_ID"], env["EC_NODE"], worker{
			machine: p.box.boot.ID, group: env["EC_GROUP"], cpus: orElse(env["EC_CPUS"], "2"), memory: orElse(env["EC_MEMORY_MB"], "2048"),
		})
	case p.role == roleWorker && p.phase == "leave":
		p.box.world.slurms.leave(env["EC_CLUSTER_ID"], env["EC_NODE"])
	}
	return true
}

func orElse(number, other string) string {
	if number == "0" {
		number = ""
	}
	return cmp.Or(number, other)
}

// discover is the value of a fact that a step finds out.
func (p *performance) discover(fact string) (string, bool) {
	switch fact {
	case factHostKey:
		key, err := p.box.ownKey()
		return key, err == nil
	case "node.os":
		return p.box.boot.Image, true
	case "node.shape":
		return orElse(p.bundle.env["EC_CPUS"], "2") + " " + orElse(p.bundle.env["EC_MEMORY_MB"], "2048") + " 0", true
	case "names.server":
		return p.box.ip, true
	case "slurm.cgroup":
		return "v2", true
	}
	return p.bundle.env["EC_NODE"], true
}

// ownKey makes the host key that nobody but the machine knows.
func (b *machine) ownKey() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.own.Authorized == "" {
		key, err := remote.GenerateKey()
		if err != nil {
			return "", err
		}
		b.own = key
	}
	return b.own.Authorized, nil
}

// useOwnKey shows it to whoever connects from now on.
func (b *machine) useOwnKey() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.memory.ownKeyInUse = b.own.PrivatePEM != ""
	if b.server == nil || !b.memory.ownKeyInUse {
		return nil
	}
	return b.server.SetHostKey(b.own.PrivatePEM)
}
