package terraform

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/ecluster/ecluster/providers"
)

// oldest is the first version whose optional attributes of object types modules
// can rely on.
const oldest = "1.3.0"

// grace is how long a run that was interrupted may go on before it is killed,
// if it changes nothing, or left alone, if it does.
const grace = 5 * time.Second

// tool is Terraform or OpenTofu.
type tool struct {
	path string
	env  map[string]string
}

// find returns the program that does the work.
func (d *Driver) find() (*tool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tool == nil {
		path, err := d.lookUp()
		if err != nil {
			return nil, err
		}
		d.tool = &tool{path: path, env: d.env}
	}
	return d.tool, nil
}

// recent checks the version of a program.
func recent(ctx context.Context, tf *tfexec.Terraform) error {
	v, _, err := tf.Version(ctx, false)
	if err != nil {
		return fmt.Errorf("ask %s for its version: %w", tf.ExecPath(), err)
	}
	if v.LessThan(version.Must(version.NewVersion(oldest))) {
		return &providers.Error{
			Op: "run " + tf.ExecPath(), Kind: providers.Invalid,
			Err: fmt.Errorf("it is version %s, and ecluster needs %s or later; install a newer one, or name it with `binary` in the provider block", v, oldest),
		}
	}
	return nil
}

func (d *Driver) lookUp() (string, error) {
	names := []string{"terraform", "tofu"}
	if d.binary != "" {
		names = []string{d.binary}
	}
	for _, name := range names {
		if path, err := d.lookPath(name); err == nil {
			return path, nil
		}
	}
	cause := errors.New("neither terraform nor tofu is on the PATH")
	if d.binary != "" {
		cause = fmt.Errorf("there is no program %q", d.binary)
	}
	return "", &providers.Error{
		Op: "find Terraform", Kind: providers.Invalid,
		Err: fmt.Errorf("%w; install Terraform (https://developer.hashicorp.com/terraform/install) or OpenTofu "+
			"(https://opentofu.org/docs/intro/install), or say where it is with `binary` in the provider block", cause),
	}
}

// in returns the tool at work in a folder. It is for one command.
func (t *tool) in(dir string) (*tfexec.Terraform, error) {
	tf, err := tfexec.NewTerraform(dir, t.path)
	if err == nil {
		err = tf.SetEnv(t.env)
	}
	if err == nil {
		err = tf.SetWaitDelay(grace)
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", t.path, err)
	}
	return tf, nil
}

// environment is what Terraform sees of ours: all that its providers and its
// own configuration may need, but nothing that would change which command runs
// on which state.
func environment(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		env[name] = value
	}
	env = tfexec.CleanEnv(env)
	delete(env, "TF_DATA_DIR")
	env["CHECKPOINT_DISABLE"] = "1" // asks nobody whether there is a newer version
	return env
}
