package local

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// How a set-up begins: with the command of internal/role that receives a
// bundle of so many bytes.
var bundleCommand = regexp.MustCompile(`^exec (?:sudo -n )?sh -c .*head -c (\d+) \| tar -xzf`)

// scriptLimit bounds a script that comes in on standard input, in bytes.
const scriptLimit = 8 << 20

// handle runs one command of an SSH session.
func (b *machine) handle(command string, stdin io.Reader, stdout, stderr io.Writer) int {
	if m := bundleCommand.FindStringSubmatch(command); m != nil {
		size, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			return 90
		}
		s := newSession(b, stdin, stdout)
		return s.run(size)
	}
	switch words := strings.TrimPrefix(command, "sudo -n "); words {
	case "true":
		return 0
	case "hostname":
		_, _ = fmt.Fprintln(stdout, b.boot.Hostname)
		return 0
	case "sh -s":
		script, err := io.ReadAll(io.LimitReader(stdin, scriptLimit))
		if err != nil {
			return 1
		}
		_, _ = io.WriteString(stdout, b.answer(string(script)))
		return 0
	}
	if people := b.world.options.People; people != nil {
		return people(b.boot.Hostname)(command, stdin, stdout, stderr)
	}
	_, _ = fmt.Fprintf(stderr, "machine %s is only simulated: it runs no programs\n", b.boot.ID)
	return 127
}

// answer is what a script of the engine prints on this machine.
func (b *machine) answer(script string) string {
	b.mu.Lock()
	id := b.memory.cluster
	b.mu.Unlock()
	return b.world.slurms.answer(id, script)
}
