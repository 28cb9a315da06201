package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxCapture is how much standard output Run holds in memory.
const maxCapture = 32 << 20

// Run runs command with stdin, which may be nil, to its end and returns its
// standard output, at most 32 MiB, and the end of its standard error, about
// 256 KiB. Errors are those of Process.Wait, after "run on NODE".
// Reading stdin must not block for ever, since nothing can interrupt it.
func (c *Conn) Run(ctx context.Context, command string, stdin io.Reader) (stdout, stderr []byte, err error) {
	p, err := c.Start(ctx, command)
	if err != nil {
		return nil, nil, err
	}
	go func() { // ends with stdin, or with the process
		if stdin != nil {
			_, _ = io.Copy(p.Stdin(), stdin)
		}
		_ = p.Stdin().Close()
	}()
	var out bytes.Buffer
	// An error of this copy is the one that Wait returns too.
	n, _ := io.Copy(&out, io.LimitReader(p.Stdout(), maxCapture+1))
	if n > maxCapture {
		_ = p.Kill()
		return nil, nil, fmt.Errorf("run on %s: the command printed more than %d MiB; let it write to a file", c.node, maxCapture>>20)
	}
	err = p.Wait()
	var tail bytes.Buffer
	_, _ = io.Copy(&tail, p.Stderr())
	if exit, ok := errors.AsType[*ExitError](err); ok {
		exit.Stderr = lastLines(tail.String(), 3)
	}
	if err != nil {
		err = fmt.Errorf("run on %s: %w", c.node, err)
	}
	return out.Bytes(), tail.Bytes(), err
}

// lastLines joins the last n lines of text that aren't empty, each cut to 300
// bytes.
func lastLines(text string, n int) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, strings.ToValidUTF8(line[:min(len(line), 300)], "?"))
		}
	}
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}
