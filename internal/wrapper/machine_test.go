package wrapper

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds one run of the script: a hang is a failure.
const patience = time.Minute

// shells are the shells in which the script must work.
var shells = map[string][]string{
	"dash":    {"dash"},
	"bash":    {"bash", "--posix"},
	"busybox": {"busybox", "sh"},
}

// tools are what the script may use of a system, beside what a case stubs.
var tools = []string{"basename", "cat", "dirname", "env", "mkdir", "sed", "sort"}

// machine is a computer that has only the programs that a case gives it.
type machine struct {
	*testing.T
	shell []string
	top   string // folder of all that follows
	bin   string // the only folder on the PATH
	home  string
	dir   string // the current folder
	env   map[string]string
	log   string // calls of stubs, one a line
}

// outcome is how a run of the script ended.
type outcome struct {
	status         int
	stdout, stderr string
	pid            int
	calls          []string // of stubs, the words of each separated by " | "
}

// inEachShell runs a test on a new machine for each shell.
func inEachShell(t *testing.T, test func(*machine)) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(shells)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newMachine(t, shells[name]))
		})
	}
}

func newMachine(t *testing.T, shell []string) *machine {
	t.Helper()
	path, err := exec.LookPath(shell[0])
	if err != nil {
		t.Skipf("not possible here: %v; 'make shells' installs it", err)
	}
	root := t.TempDir()
	// Others may look inside: some cases run as nobody.
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil {
		t.Fatal(err)
	}
	m := &machine{
		T: t, shell: append([]string{path}, shell[1:]...),
		top: root, bin: filepath.Join(root, "bin"), home: filepath.Join(root, "a home"), dir: filepath.Join(root, "specs"),
		log: filepath.Join(root, "log"),
	}
	m.env = map[string]string{"HOME": m.home, "USER": "alice"}
	for _, dir := range []string{m.bin, m.home, m.dir} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, tool := range tools {
		m.link(tool)
	}
	m.stub("uname", "echo Linux")
	m.stub("id", `case $1 in
	-u) echo 1000 ;;
	-g) echo 100 ;;
	-G) echo 100 999 ;;
	-un) echo alice ;;
	esac`)
	return m
}

// link puts a program of this machine on the machine.
func (m *machine) link(tool string) {
	m.Helper()
	path, err := exec.LookPath(tool)
	if err == nil {
		err = os.Symlink(path, filepath.Join(m.bin, tool))
	}
	if err != nil {
		m.Fatal(err)
	}
}

// rename gives a program of the machine another name.
func (m *machine) rename(program, name string) {
	m.Helper()
	if err := os.Rename(filepath.Join(m.bin, program), filepath.Join(m.bin, name)); err != nil {
		m.Fatal(err)
	}
}

// stub puts a program on the machine: a script that runs after its call was
// noted.
func (m *machine) stub(name, body string) {
	m.Helper()
	m.file(filepath.Join(m.bin, name), "#!"+m.shell[0]+strings.Join(append([]string{""}, m.shell[1:]...), " ")+"\n"+noteCall+body+"\n", 0o755)
}

const noteCall = `line=${0##*/}
for word; do line="$line | $word"; done
printf '%s\n' "$line" >>"$STUB_LOG"
`

func (m *machine) file(path, text string, mode os.FileMode) {
	m.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		m.Fatal(err)
	}
}

// socket makes a socket that the user may use.
func (m *machine) socket(name string) string {
	m.Helper()
	path := filepath.Join(m.top, name)
	listener, err := net.Listen("unix", path)
	if err != nil {
		m.Fatal(err)
	}
	m.Cleanup(func() { _ = listener.Close() })
	return path
}

// docker puts a Docker engine on the machine that has the image.
func (m *machine) docker(socket string) {
	m.Helper()
	m.env["STUB_HOST"] = "unix://" + socket
	m.env["STUB_INFO"] = "20.10.24+dfsg1|[name=seccomp,profile=default]"
	m.env["STUB_IMAGES"] = " ecluster:latest "
	m.stub("docker", dockerStub)
}

// dockerStub pretends to be the docker command. $STUB_INFO is empty for an
// engine that does not run.
const dockerStub = `case "$1 ${2-}" in
"--version ") echo "Docker version 28.2.2, build e6534b4" ;;
"context inspect") echo "$STUB_HOST" ;;
"info "*)
	[ -n "$STUB_INFO" ] || exit 1
	echo "$STUB_INFO"
	;;
"image inspect") case $STUB_IMAGES in *" $3 "*) ;; *) exit 1 ;; esac ;;
"pull "* | "build "*) exit "${STUB_PULL:-0}" ;;
"run "*)
	echo "pid $$"
	exit "${STUB_STATUS:-0}"
	;;
esac`

// podman puts Podman on the machine, rootless and with the image.
func (m *machine) podman() {
	m.Helper()
	m.env["STUB_INFO"] = "true|false"
	m.env["STUB_IMAGES"] = " ecluster:latest "
	m.stub("podman", strings.ReplaceAll(dockerStub, "Docker version 28.2.2, build e6534b4", "podman version 4.3.1"))
}

// script is the file under test.
func script(tb testing.TB) string {
	tb.Helper()
	path, err := filepath.Abs("../../ecluster.sh")
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// run runs the script without a terminal.
func (m *machine) run(args ...string) outcome {
	m.Helper()
	return m.start(m.command(args...))
}

// command prepares a run.
func (m *machine) command(args ...string) *exec.Cmd {
	m.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	m.Cleanup(cancel)
	words := append(slices.Clone(m.shell[1:]), m.installed())
	cmd := exec.CommandContext(ctx, m.shell[0], append(words, args...)...)
	cmd.Dir = m.dir
	cmd.Env = []string{"PATH=" + m.bin, "STUB_LOG=" + m.log}
	for name, value := range m.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// installed is the script where the machine's user has it: outside a checkout.
func (m *machine) installed() string {
	m.Helper()
	path := filepath.Join(m.top, "ecluster.sh")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	text, err := os.ReadFile(script(m))
	if err != nil {
		m.Fatal(err)
	}
	m.file(path, string(text), 0o755)
	return path
}

func (m *machine) start(cmd *exec.Cmd) outcome {
	m.Helper()
	if err := os.RemoveAll(m.log); err != nil {
		m.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		m.Fatal(err)
	}
	o := outcome{status: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String(), pid: cmd.Process.Pid}
	calls, err := os.ReadFile(m.log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		m.Fatal(err)
	}
	o.calls = strings.Split(strings.TrimSpace(string(calls)), "\n")
	m.Logf("%s: status %d\n%s%s%s", cmd, o.status, o.stdout, o.stderr, calls)
	return o
}

// asNobody runs a prepared command as a user with few rights, if we are root.
func asNobody(cmd *exec.Cmd) *exec.Cmd {
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	return cmd
}

// container is the call that ran the image, or "" when none did.
func (o outcome) container() string {
	for _, call := range o.calls {
		if strings.HasPrefix(call, "docker | run | ") || strings.HasPrefix(call, "podman | run | ") {
			return call
		}
	}
	return ""
}

// called reports whether a stub was called with words that begin like this.
func (o outcome) called(beginning string) bool {
	return slices.ContainsFunc(o.calls, func(call string) bool { return strings.HasPrefix(call, beginning) })
}

// fails wants a failure that says a sentence, and no container.
func (m *machine) fails(o outcome, status int, sentence string) {
	m.Helper()
	if o.status != status {
		m.Errorf("status %d, not %d", o.status, status)
	}
	if !strings.Contains(o.stderr, sentence) {
		m.Errorf("it does not say %q", sentence)
	}
	if o.container() != "" {
		m.Errorf("it ran %s", o.container())
	}
}

// has wants words, separated by " | ", in the call that ran the image.
func (m *machine) has(o outcome, words ...string) {
	m.Helper()
	for _, w := range words {
		if !strings.Contains(o.container()+" | ", " | "+w+" | ") {
			m.Errorf("the container was not run with %q", w)
		}
	}
}

// lacks wants none of the texts in the call that ran the image.
func (m *machine) lacks(o outcome, texts ...string) {
	m.Helper()
	if o.container() == "" {
		m.Error("no container was run")
	}
	for _, text := range texts {
		if strings.Contains(o.container(), text) {
			m.Errorf("the container was run with %q", text)
		}
	}
}
