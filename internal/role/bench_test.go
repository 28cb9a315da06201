package role_test

import (
	"fmt"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/role"
)

// eightRoles are roles of the usual size: three steps, two files, packages.
func eightRoles() map[string]string {
	files := map[string]string{}
	for i := range 8 {
		name := fmt.Sprintf("role%d", i)
		files[name+"/role.hcl"] = fmt.Sprintf(`
summary  = "for benchmarks"
packages = { debian = ["base-files", "coreutils", "dash", "tar"] }
file "/etc/%[1]s/a" {
  template = "a.tmpl"
  owner    = "OWNER"
  notify   = ["restart:%[1]s.service"]
}
file "/etc/%[1]s/b" {
  template = "a.tmpl"
  owner    = "OWNER"
}
step "install" {
  phase = "install"
  run   = "install.sh"
}
step "configure" {
  phase   = "configure"
  run     = "configure.sh"
  exports = ["%[1]s.ready"]
}
step "verify" {
  phase = "verify"
  run   = "verify.sh"
}`, name)
		files[name+"/files/a.tmpl"] = "{{ .Node }} in {{ .Cluster }}\n"
		files[name+"/steps/install.sh"] = ":"
		files[name+"/steps/configure.sh"] = fmt.Sprintf("fact set %s.ready yes", name)
		files[name+"/steps/verify.sh"] = ":"
	}
	return files
}

// BenchmarkNothingToDo is a run of eight roles that are all in place: what a
// second setup costs a node, in CPU time of the node (cpu-ms/op).
func BenchmarkNothingToDo(b *testing.B) {
	r := newRig(b, eightRoles())
	r.must()
	var cpu int64
	for b.Loop() {
		s := r.must()
		state := s.transport.process.cmd.ProcessState
		cpu += (state.UserTime() + state.SystemTime()).Microseconds()
	}
	b.ReportMetric(float64(cpu)/float64(b.N)/1000, "cpu-ms/op")
}

// BenchmarkAssemble is what one node of many costs us.
func BenchmarkAssemble(b *testing.B) {
	r := newRig(b, eightRoles())
	uses, err := r.lib.Resolve(r.uses)
	if err != nil {
		b.Fatal(err)
	}
	var size int
	for i := 0; b.Loop(); i++ {
		r.node.Name = cluster.NewNodeName("compute", i+1)
		bundle, err := role.Assemble(r.lib, r.node, uses, testSecrets)
		if err != nil {
			b.Fatal(err)
		}
		size = len(bundle.Data)
	}
	b.ReportMetric(float64(size), "bytes/bundle")
}
