package terraform

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/hashicorp/terraform-exec/tfexec"
)

// initialize gets the providers of the module in a folder. Providers are large:
// clusters share one copy of each, unless the user has arranged that already.
func (d *Driver) initialize(ctx context.Context, t *tool, dir string) error {
	tf, err := t.in(dir)
	if err != nil {
		return err
	}
	if !d.sharesProviders() {
		unlock, err := d.shareProviders(ctx, tf)
		if err != nil {
			return err
		}
		defer unlock()
	}
	if err := recent(ctx, tf); err != nil {
		return err
	}
	if err := tf.Init(ctx, tfexec.Upgrade(false)); err != nil {
		if ctx.Err() != nil {
			return canceled("init", ctx)
		}
		return d.initFailed(err)
	}
	return nil
}

// sharesProviders reports whether the user has set up a cache of providers.
func (d *Driver) sharesProviders() bool {
	if d.env["TF_PLUGIN_CACHE_DIR"] != "" {
		return true
	}
	files := []string{d.env["TF_CLI_CONFIG_FILE"]}
	if files[0] == "" {
		files = []string{filepath.Join(d.env["HOME"], ".terraformrc"), filepath.Join(d.env["HOME"], ".tofurc")}
	}
	return slices.ContainsFunc(files, func(f string) bool {
		text, err := os.ReadFile(f)
		return err == nil && strings.Contains(string(text), "plugin_cache_dir")
	})
}

// shareProviders has Terraform keep providers in a folder of ours, which only
// one run may write to at a time.
func (d *Driver) shareProviders(ctx context.Context, tf *tfexec.Terraform) (unlock func(), err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return func() {}, nil //nolint:nilerr // without a home each cluster has its own copy
	}
	cache = filepath.Join(cache, "ecluster", "terraform-providers")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return nil, fmt.Errorf("share Terraform's providers: %w", err)
	}
	lock := flock.New(filepath.Join(cache, ".lock"))
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return nil, fmt.Errorf("share Terraform's providers: %w", err)
	}
	env := maps.Clone(d.env)
	env["TF_PLUGIN_CACHE_DIR"] = cache
	env["TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"] = "true" // else a copy is used only by modules with a lock file
	if err := tf.SetEnv(env); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("share Terraform's providers: %w", err)
	}
	return func() { _ = lock.Close() }, nil
}
