// Command tfdocker makes sure that this machine has Terraform's provider for
// Docker, and prints the path of a configuration of Terraform that finds it
// (TF_CLI_CONFIG_FILE). It is compiled from its source, which takes minutes, and
// kept in the user's cache: tests need no registry.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// version is what the provider is filed under, and commit what it is made of.
// The tagged module can't be had under its own name, so it is reached through
// the name that its go.mod gives it.
const (
	version = "3.9.9"
	commit  = "v0.0.0-20260916201441-96d331c98ff4"
	program = "github.com/terraform-providers/terraform-provider-docker"
	goMod   = `module ecluster.test/tfdocker

go 1.26

tool ` + program + `

require ` + program + ` v0.0.0

replace ` + program + ` => github.com/kreuzwerker/terraform-provider-docker ` + commit + `
`
)

func main() {
	config, err := provide(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "tfdocker:", err)
		os.Exit(1)
	}
	fmt.Println(config)
}

func provide(ctx context.Context) (string, error) {
	home, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	home = filepath.Join(home, "ecluster-test", "tfdocker", commit)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return "", err
	}
	lock := flock.New(filepath.Join(home, "lock"))
	if err := lock.Lock(); err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }()
	config := filepath.Join(home, "terraformrc")
	if _, err := os.Stat(config); !errors.Is(err, fs.ErrNotExist) {
		return config, err
	}
	mirror := filepath.Join(home, "mirror")
	for _, registry := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		dir := filepath.Join(mirror, registry, "kreuzwerker", "docker", version, runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", err
		}
		if err := compile(ctx, home, filepath.Join(dir, "terraform-provider-docker_v"+version)); err != nil {
			return "", err
		}
	}
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	return config, os.WriteFile(config, []byte(text), 0o600) // last: it says that all is there
}

// compile builds the provider once; the second time it is a link.
func compile(ctx context.Context, home, target string) error {
	built := filepath.Join(home, "provider")
	if _, err := os.Stat(built); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(os.Stderr, "tfdocker: compiling Terraform's provider for Docker, once; this takes minutes")
		source := filepath.Join(home, "source")
		if err := os.MkdirAll(source, 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(source, "go.mod"), []byte(goMod), 0o600); err != nil {
			return err
		}
		for _, args := range [][]string{{"mod", "tidy"}, {"build", "-trimpath", "-o", built, program}} {
			cmd := exec.CommandContext(ctx, "go", args...)
			cmd.Dir = source
			cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=0")
			if said, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("go %v: %w\n%s", args, err, said)
			}
		}
	}
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Link(built, target)
}
