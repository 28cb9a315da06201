package terraform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// privateDir is the folder for what is ours, within the copy of the module.
const privateDir = ".ecluster"

// workspace is the folder of one cluster: a copy of the module, Terraform's
// state, and what was asked for. The folder is 0700, its files 0600.
type workspace struct {
	d   *Driver
	id  cluster.ID
	dir string

	mu sync.Mutex
	// Each of these has asked its program for the version once; planner is for
	// who holds the cluster, reader for everybody.
	planner, reader *tfexec.Terraform

	latest    *snapshot // what the state last said
	refreshed time.Time // when Terraform last looked at the cloud
	cost      time.Duration
}

// workspace returns the folder of a cluster, and false when there is none yet.
func (d *Driver) workspace(op string, id cluster.ID) (*workspace, bool, error) {
	if id == "" {
		return nil, false, &providers.Error{Op: op, Kind: providers.Invalid, Err: errors.New("no cluster id was given")}
	}
	if d.home == "" {
		return nil, false, &providers.Error{Op: op, Kind: providers.Invalid, Err: errors.New("no folder for Terraform's state was given; this is a bug in ecluster, please report it")}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.workspaces[id]
	if w == nil {
		w = &workspace{d: d, id: id, dir: filepath.Join(d.home, string(id))}
		d.workspaces[id] = w
	}
	_, err := os.Stat(w.private("intent.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, false, fmt.Errorf("%s: %w", op, err)
	}
	return w, err == nil, nil
}

// terraform returns the program at work in the folder: w.planner or w.reader.
func (w *workspace) terraform(which **tfexec.Terraform) (*tfexec.Terraform, error) {
	t, err := w.d.find()
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if *which == nil {
		if *which, err = t.in(w.dir); err != nil {
			return nil, err
		}
	}
	return *which, nil
}

// make makes the folder.
func (w *workspace) make() error {
	if err := os.MkdirAll(w.private(""), 0o700); err != nil {
		return fmt.Errorf("make the folder of Terraform's state: %w", err)
	}
	return nil
}

// private is the path of one of our files.
func (w *workspace) private(name string) string { return filepath.Join(w.dir, privateDir, name) }

func (w *workspace) intent() (*intent, error) {
	in, err := loadIntent(w.private("intent.json"))
	if in == nil && err == nil {
		in = newIntent(w.id, "")
	}
	return in, err
}

// contract reads what the copy of the module declares.
func (w *workspace) contract() (*contract, error) {
	c, err := readContract(os.DirFS(w.dir))
	if err != nil {
		return nil, w.d.wrong("%w", err)
	}
	return c, nil
}

// setUp brings the copy of the module up to date and gets its providers.
func (w *workspace) setUp(ctx context.Context) error {
	source, err := w.d.source()
	if err != nil {
		return err
	}
	if err := os.Remove(w.private("ready")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("copy the module: %w", err)
	}
	if err := install(source, w.dir, w.private("module")); err != nil {
		return w.d.wrong("%w", err)
	}
	if err := w.fits(); err != nil {
		return err
	}
	return w.ready(ctx)
}

// fits checks the module against the contract.
func (w *workspace) fits() error {
	c, err := w.contract()
	if err != nil {
		return err
	}
	if list := c.problems(w.d.variables, w.d.secrets); len(list) > 0 {
		var errs []error
		for _, p := range list {
			errs = append(errs, fmt.Errorf("%s. %s", p.summary, p.advice))
		}
		return w.d.wrong("%w", errors.Join(errs...))
	}
	return nil
}

// ready gets the module's providers where they are not there: at first, and
// when the cluster's folder came from another machine.
func (w *workspace) ready(ctx context.Context) error {
	t, err := w.d.find()
	if err != nil {
		return err
	}
	done, err := os.ReadFile(w.private("ready"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("get the module's providers: %w", err)
	}
	if string(done) == w.readiness(t) {
		return nil
	}
	if err := w.d.initialize(ctx, t, w.dir); err != nil {
		return err
	}
	return os.WriteFile(w.private("ready"), []byte(w.readiness(t)), 0o600)
}

// readiness is what holds while the providers that a tool got are there; a
// module may need none.
func (w *workspace) readiness(t *tool) string {
	_, err := os.Stat(filepath.Join(w.dir, ".terraform"))
	return fmt.Sprintf("%s %t\n", t.path, err == nil)
}

// begun reports whether Terraform may have a state: its own file, or one that
// the module keeps elsewhere.
func (w *workspace) begun() bool {
	for _, name := range []string{"terraform.tfstate", ".terraform"} {
		if _, err := os.Stat(filepath.Join(w.dir, name)); err == nil {
			return true
		}
	}
	return false
}

// secure takes from others the right to read what Terraform wrote.
func (w *workspace) secure() error {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return fmt.Errorf("protect Terraform's state: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		if err := os.Chmod(filepath.Join(w.dir, e.Name()), 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// remove deletes the folder, and the one around it when it was the last.
func (w *workspace) remove() error {
	if err := os.RemoveAll(w.dir); err != nil {
		return fmt.Errorf("remove Terraform's state: %w", err)
	}
	w.mu.Lock()
	w.latest, w.refreshed = nil, time.Time{}
	w.mu.Unlock()
	_ = os.Remove(w.d.home) // it stays while there is anything in it
	return nil
}
