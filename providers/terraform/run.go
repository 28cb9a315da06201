package terraform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/ecluster/ecluster/providers"
)

const (
	// tailEvery is how often the output of a run is looked at.
	tailEvery = 100 * time.Millisecond
	// lockTimeout is for how long Terraform waits for its own lock, which a
	// person may hold who works in the folder.
	lockTimeout = "20s"
)

// goal is what a plan is to reach.
type goal int

const (
	apply goal = iota
	destroy
)

// plan works out what Terraform would do; the plan itself is a file. It
// changes nothing, and is killed with us.
func (w *workspace) plan(ctx context.Context, in *intent, g goal) (*messages, error) {
	c, err := w.contract()
	if err != nil {
		return nil, err
	}
	files, forget, err := w.writeVariables(in, c, g == destroy)
	defer forget()
	if err != nil {
		return nil, err
	}
	tf, err := w.terraform(&w.planner)
	if err != nil {
		return nil, err
	}
	m := w.d.messages(in)
	options := []tfexec.PlanOption{tfexec.Out(w.private("plan")), tfexec.LockTimeout(lockTimeout), tfexec.Destroy(g == destroy)}
	for _, f := range files {
		options = append(options, tfexec.VarFile(f))
	}
	_, err = tf.PlanJSON(ctx, m, options...)
	if err := w.failed(ctx, "plan", m, err); err != nil {
		return m, err
	}
	if err := os.Chmod(w.private("plan"), 0o600); err != nil {
		return m, fmt.Errorf("protect Terraform's plan: %w", err)
	}
	return m, nil
}

// refresh has Terraform look at what became of the machines. It changes nothing
// but the state; cut off while it writes that, it would lose it.
func (w *workspace) refresh(ctx context.Context, h *hold, in *intent) error {
	c, err := w.contract()
	if err != nil {
		return err
	}
	files, forget, err := w.writeVariables(in, c, true)
	defer forget()
	if err != nil {
		return err
	}
	args := []string{"-refresh-only", "-auto-approve"}
	for _, f := range files {
		args = append(args, "-var-file="+f)
	}
	return w.run(ctx, h, w.d.messages(in), "refresh", args...)
}

// writeVariables writes what the module is told; forget removes what must
// not stay.
func (w *workspace) writeVariables(in *intent, c *contract, all bool) (files []string, forget func(), err error) {
	secret := w.private("secret.tfvars.json")
	forget = func() { _ = os.Remove(secret) }
	secrets := maps.Clone(w.d.secrets)
	maps.DeleteFunc(secrets, func(name string, _ any) bool { return !c.has(name) })
	for _, f := range []struct {
		path   string
		values map[string]any
	}{
		{w.private("cluster.tfvars.json"), in.values(c, all)},
		{w.private("user.tfvars.json"), w.d.variables},
		{secret, secrets},
	} {
		if len(f.values) == 0 {
			continue
		}
		if err := writeJSON(f.path, f.values); err != nil {
			return nil, forget, err
		}
		files = append(files, f.path)
	}
	return files, forget, nil
}

// messages are for one run about a cluster.
func (d *Driver) messages(in *intent) *messages {
	return &messages{secrets: append(secretTexts(d.secrets), secretTexts(in.Access.HostKey)...)}
}

// apply carries the latest plan out.
func (w *workspace) apply(ctx context.Context, h *hold, m *messages) error {
	defer func() { _ = os.Remove(w.private("plan")) }() // it holds what the module was told
	return w.run(ctx, h, m, "apply", w.private("plan"))
}

// run is one terraform apply; op is its name in errors. It is not started by
// terraform-exec, which has its commands killed with us: what a cloud was about
// to make would be in no state. Ours goes on, with its share of the lock, writes
// to a file, and has Terraform record what it made; only who waits for it is
// gone.
func (w *workspace) run(ctx context.Context, h *hold, m *messages, op string, args ...string) error {
	if ctx.Err() != nil {
		return canceled(op, ctx)
	}
	t, err := w.d.find()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(w.private("run.jsonl"), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("terraform %s: %w", op, err)
	}
	defer out.Close()
	cmd := exec.Command(t.path, append([]string{"apply", "-json", "-input=false", "-lock-timeout=" + lockTimeout}, args...)...)
	cmd.Dir = w.dir
	for name, value := range t.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, "TF_IN_AUTOMATION=1")
	cmd.Stdout, cmd.Stderr = out, out
	cmd.ExtraFiles = []*os.File{h.run}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us to pass on
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("terraform %s: %w", op, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	read := &follower{path: w.private("run.jsonl"), to: m}
	tick := time.NewTicker(tailEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			read.on()
		case err := <-ended:
			read.on()
			return errors.Join(w.failed(ctx, op, m, err), w.secure())
		case <-ctx.Done():
			interrupt(cmd, ended)
			return canceled(op, ctx)
		}
	}
}

// interrupt asks a run to finish what it has begun and begin nothing more, and
// leaves it alone when that takes longer than a caller can wait.
func interrupt(cmd *exec.Cmd, ended <-chan error) {
	_ = cmd.Process.Signal(os.Interrupt) // it may have ended by itself
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-ended: //nolint:errcheck // how it ended is no matter any more
	case <-t.C:
	}
}

func canceled(op string, ctx context.Context) error { //nolint:revive // it is about the context
	return &providers.Error{Op: "terraform " + op, Kind: providers.Canceled, Err: context.Cause(ctx)}
}

// follower reads a file that grows.
type follower struct {
	path string
	to   io.Writer
	at   int64
}

// on hands on what has come since the last time.
func (f *follower) on() {
	file, err := os.Open(f.path)
	if err != nil {
		return
	}
	defer file.Close()
	n, _ := io.Copy(f.to, io.NewSectionReader(file, f.at, 1<<62)) // the rest comes with the next call
	f.at += n
}
