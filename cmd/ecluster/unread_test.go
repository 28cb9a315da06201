package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestUnread: whoever closes the pipe has seen enough, and is told nothing.
func TestUnread(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Close(); err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	cmd := exec.CommandContext(t.Context(), "ecluster", "list-templates")
	cmd.Env = append(os.Environ(), "ECLUSTER_HOME="+t.TempDir())
	cmd.Stdout = write
	var errs strings.Builder
	cmd.Stderr = &errs
	_ = cmd.Run() // its status says it
	if status := cmd.ProcessState.ExitCode(); status != 141 || errs.Len() > 0 {
		t.Errorf("it ended with %s and said %q", cmd.ProcessState, &errs)
	}
}
