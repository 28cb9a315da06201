package role

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"
)

// filesStep is the name under which the files of a role appear as a step.
const filesStep = "files"

// planWriter writes plan.sh: what the runner has to do, as calls of its verbs
// with quoted words. It holds no secret and no parameter.
type planWriter struct {
	b     bytes.Buffer
	steps []StepRef
}

func (w *planWriter) bytes() []byte { return w.b.Bytes() }

// call writes one line.
func (w *planWriter) call(verb string, words ...string) {
	w.b.WriteString(verb)
	for _, word := range words {
		w.b.WriteString(" " + shellQuote(word))
	}
	w.b.WriteByte('\n')
}

func (w *planWriter) write(parts []part, rendered []rendered) {
	for _, p := range parts {
		if len(p.role.Platforms) > 0 {
			w.call("platforms", append([]string{p.use.Key()}, p.role.Platforms...)...)
		}
	}
	w.packages(parts)
	for _, phase := range append(DefaultPhases(), Leave) {
		w.phase(phase, parts, rendered)
	}
}

// packages writes the one transaction of all roles.
func (w *planWriter) packages(parts []part) {
	var debconf []string
	for _, p := range parts {
		debconf = append(debconf, p.role.Debconf...)
	}
	w.call("phase", string(Install))
	for _, line := range unique(debconf) {
		w.call("debconf", line)
	}
	some := false
	for _, p := range parts {
		for _, system := range systems(p.role.Packages) {
			some = true
			w.call("packages", append([]string{p.use.Key(), system}, p.role.Packages[system]...)...)
		}
		if list, ok := p.params[p.role.PackagesFrom].([]any); ok {
			lines, _ := stringLines(list)
			if names := strings.Fields(lines); len(names) > 0 {
				some = true
				w.call("packages", append([]string{p.use.Key(), anySystem}, names...)...)
			}
		}
	}
	if some {
		w.call("install_packages")
		w.steps = append(w.steps, StepRef{Role: OS, Step: "packages", Phase: Install})
	}
}

// anySystem is where packages are installed that the user has named.
const anySystem = "any"

// systems are the keys of a table of packages with the most specific first, as
// the runner takes the first that fits: a platform ("debian-12"), the name of a
// system ("ubuntu"), a family of them.
func systems(table map[string][]string) []string {
	rank := func(system string) int {
		switch {
		case strings.Contains(system, "-"):
			return 0
		case slices.Contains(families(), system):
			return 2
		}
		return 1
	}
	keys := sortedKeys(table)
	slices.SortStableFunc(keys, func(a, b string) int { return rank(a) - rank(b) })
	return keys
}

// families are the systems for which the runner has an os-FAMILY.sh.
func families() []string { return []string{"debian", "redhat"} }

func (w *planWriter) phase(phase Phase, parts []part, rendered []rendered) {
	if phase != Install { // which packages opened
		w.call("phase", string(phase))
	}
	if phase == Configure {
		var paths []string
		for _, r := range rendered {
			for _, f := range r.files {
				paths = append(paths, f.Path)
			}
		}
		if len(paths) > 0 {
			w.call("look_at", paths...)
		}
	}
	for i, p := range parts {
		steps := slices.DeleteFunc(slices.Clone(p.role.Steps), func(s Step) bool { return s.Phase != phase || !p.wants(s) })
		files := rendered[i].files
		if phase != Configure {
			files = nil
		}
		if len(steps) == 0 && len(files) == 0 {
			continue
		}
		w.call("role", p.use.Key(), p.file, p.role.Name, p.label())
		w.files(p, files)
		for _, s := range steps {
			w.step("step", p, s, rendered[i])
			w.steps = append(w.steps, StepRef{Role: p.use.Key(), Step: s.Name, Phase: phase})
		}
		if len(files) > 0 {
			w.notified(p, files, rendered[i])
		}
	}
}

func (w *planWriter) files(p part, files []renderedFile) {
	if len(files) == 0 {
		return
	}
	w.steps = append(w.steps, StepRef{Role: p.use.Key(), Step: filesStep, Phase: Configure})
	for _, f := range files {
		mode := strings.TrimLeft(f.Mode[:3], "0") + f.Mode[3:] // as stat prints it
		w.call("file", append([]string{f.name, f.Path, mode, f.Owner, f.hash}, f.Notify...)...)
	}
	w.call("files_end")
}

// notified writes what a changed file of the role may ask for.
func (w *planWriter) notified(p part, files []renderedFile, r rendered) {
	var wanted []string
	for _, f := range files {
		wanted = append(wanted, f.Notify...)
	}
	if len(wanted) == 0 {
		return
	}
	for _, s := range p.role.Steps {
		if slices.Contains(wanted, "step:"+s.Name) && p.wants(s) {
			w.step("on_notify", p, s, r)
		}
	}
	w.call("notify_end")
}

// step writes: verb name script hash seconds always waits exports. A step
// builds on what the steps before it in its role did, so it runs again when one
// of their scripts is another one.
func (w *planWriter) step(verb string, p part, s Step, r rendered) {
	h := newHash()
	for _, before := range p.role.Steps {
		h.add("script", p.role.script[before.Run])
		if before.Name == s.Name {
			break
		}
	}
	if s.Phase == Install {
		h.add("sees", []byte(r.install))
	} else {
		h.add("sees", []byte(r.all))
	}
	always := ""
	if s.Always {
		always = "always"
	}
	w.call(verb, s.Name, s.Run, h.sum(), strconv.Itoa(seconds(s.Timeout)), always,
		p.facts(s.Wait), p.facts(s.Exports))
}

// wants reports whether the use has the step: its parameter When says something.
func (p part) wants(s Step) bool {
	if s.When == "" {
		return true
	}
	switch v := p.params[s.When].(type) {
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	default:
		return v != "" && v != false && v != float64(0)
	}
}

// labelMark stands for the label of the use in the facts of a step.
const labelMark = "{label}"

// unlabelled is the label of a use that has none.
const unlabelled = "main"

// facts are the names of facts, as words of a line.
func (p part) facts(names []string) string {
	return strings.ReplaceAll(strings.Join(names, " "), labelMark, p.label())
}

// label tells the uses of a role apart in the names of facts, on all nodes
// alike. A step knows it as EC_LABEL.
func (p part) label() string {
	if _, label, has := strings.Cut(p.file, "."); has {
		return strings.ToLower(label)
	}
	return unlabelled
}

// seconds rounds up: no step gets less time than its role asks for.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// unique keeps the first of equal strings.
func unique(list []string) []string {
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		had := seen[s]
		seen[s] = true
		return had
	})
}
