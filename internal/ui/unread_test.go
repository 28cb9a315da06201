package ui_test

import (
	"os"
	"testing"

	"github.com/ecluster/ecluster/internal/ui"
)

func TestUnreadPipe(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	if ui.Unread(write) {
		t.Error("a pipe that is open counts as closed")
	}
	if err := read.Close(); err != nil {
		t.Fatal(err)
	}
	if !ui.Unread(write) {
		t.Error("nobody can read it, and nobody notices")
	}
}
