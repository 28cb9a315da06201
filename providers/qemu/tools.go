package qemu

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// runners are the programs that machines need.
func (d *Driver) runners() []string { return []string{d.emulator, "qemu-img"} }

// builders are those that images need.
func builders() []string {
	list := []string{"mmdebstrap", "mkfs.ext4"}
	if os.Geteuid() != 0 {
		list = append(list, "fakeroot")
	}
	return list
}

// The oldest QEMU that knows networks of streams and hubs.
const leastMajor, leastMinor = 7, 2

// tooOld returns the version of the emulator when it can't do what it must;
// empty when it can, or does not say.
func (d *Driver) tooOld(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, d.emulator, "--version").Output()
	if err != nil {
		return ""
	}
	m := versionNumber.FindStringSubmatch(string(out))
	if m == nil {
		return ""
	}
	major, _ := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2])
	if major > leastMajor || major == leastMajor && minor >= leastMinor {
		return ""
	}
	return m[0]
}

var versionNumber = regexp.MustCompile(`(\d+)\.(\d+)[0-9.]*`)

// missingTools are those that are not installed.
func missingTools(tools []string) []string {
	return slices.DeleteFunc(slices.Clone(tools), func(tool string) bool {
		if _, err := exec.LookPath(tool); err == nil {
			return true
		}
		return exists(filepath.Join("/usr/sbin", tool)) // on no ordinary user's path
	})
}

// debianPackages are those that bring the tools, for an apt-get command.
func debianPackages(tools []string) string {
	var list []string
	for _, tool := range tools {
		switch tool {
		case "qemu-img":
			tool = "qemu-utils"
		case "mkfs.ext4":
			tool = "e2fsprogs"
		case "mmdebstrap":
			tool = "mmdebstrap debian-archive-keyring"
		case "fakeroot":
		default:
			tool = "qemu-system-x86"
		}
		list = append(list, tool)
	}
	return strings.Join(list, " ")
}

// lines passes on what a build does and keeps its last lines, for an error.
type lines struct {
	report func(line string)

	mu   sync.Mutex // of the two programs of a build
	rest []byte
	last []string
}

const keptLines = 15

// Write implements io.Writer; it never fails.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		l.rest = rest
		text := strings.TrimSpace(string(line))
		if text == "" {
			continue
		}
		l.last = append(l.last, text)
		l.last = l.last[max(0, len(l.last)-keptLines):]
		if step, ok := strings.CutPrefix(text, "I: "); ok {
			l.report(step)
		}
	}
}

// String joins the last lines, indented.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return "  " + strings.Join(l.last, "\n  ")
}
