package remote_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/remote"
)

func TestGenerateKey(t *testing.T) {
	key, other := newKey(t), newKey(t)
	if key.Authorized == other.Authorized {
		t.Fatal("two keys are the same")
	}
	if !strings.HasPrefix(key.PrivatePEM.Reveal(), "-----BEGIN OPENSSH PRIVATE KEY-----\n") ||
		!strings.HasPrefix(key.Authorized, "ssh-ed25519 ") || strings.ContainsAny(key.Authorized, "\n\r") {
		t.Errorf("unexpected form: %q", key.Authorized)
	}
	if s := fmt.Sprintf("%v %+v %#v", key, key, key); strings.Contains(s, "PRIVATE") {
		t.Error("the private key shows when printed")
	}
	again, err := remote.ParseKey(key.PrivatePEM)
	if err != nil || again != key {
		t.Errorf("parsed as %q, error %v", again.Authorized, err)
	}
	if _, err := remote.ParseKey("no key"); err == nil {
		t.Error("nonsense was taken for a key")
	}
}

func TestKeyIsReadByOpenSSH(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("not possible here: no ssh-keygen on this machine")
	}
	key := newKey(t)
	file := filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(file, []byte(key.PrivatePEM.Reveal()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(keygen, "-y", "-f", file).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != key.Authorized {
		t.Errorf("ssh-keygen: %v: %s", err, out)
	}
	out, err = exec.Command(keygen, "-l", "-f", file).CombinedOutput()
	want, fpErr := remote.Fingerprint(key.Authorized)
	if err != nil || fpErr != nil || !strings.Contains(string(out), want) {
		t.Errorf("fingerprint %s (%v), ssh-keygen: %v: %s", want, fpErr, err, out)
	}
}

func TestWriteKnownHosts(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHYlh4eYfyHqfRN9jBNyCGYAnYMI+gLLqCY1qKO5L1hX"
	var out bytes.Buffer
	err := remote.WriteKnownHosts(&out, []string{"frontend001"},
		[]cluster.Endpoint{{Host: "10.0.0.2", Port: 22}, {Host: "127.0.0.1", Port: 2222}, {Host: "::1", Port: 22}}, []string{key + " comment"})
	if want := "frontend001,10.0.0.2,[127.0.0.1]:2222,::1 " + key + "\n"; err != nil || out.String() != want {
		t.Errorf("%q, want %q, error %v", out.String(), want, err)
	}
	if err := remote.WriteKnownHosts(&out, nil, nil, []string{key}); err == nil {
		t.Error("a key without a host was written")
	}
	if err := remote.WriteKnownHosts(&out, []string{"a"}, nil, []string{"nonsense"}); err == nil {
		t.Error("nonsense was written")
	}
}
