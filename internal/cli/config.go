package cli

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ecluster/ecluster/internal/ui"
	"github.com/ecluster/ecluster/internal/userconfig"
)

// userDefaults are those of config.hcl. A mistake in it ends the commands that
// it could make cost money or let strangers in; the others warn, and work.
type userDefaults struct {
	userconfig.Config
	bad *configError // what is wrong with the file, until it was told
}

// read reads the file below the folder of records.
func (u *userDefaults) read(home string) {
	config, file, diags := userconfig.Load(home)
	u.Config = config
	if diags.HasErrors() {
		u.bad = &configError{diags: diags, file: file}
	}
}

// needed is the error of a command that can't do without the file.
func (u *userDefaults) needed() error {
	if u.bad == nil {
		return nil
	}
	err := u.bad
	u.bad = nil
	return err
}

// warn tells, after the work, what no command has told.
func (u *userDefaults) warn(c *command) {
	if u.bad == nil || c.format != ui.Text {
		return
	}
	diags := make(hcl.Diagnostics, len(u.bad.diags))
	for i, d := range u.bad.diags {
		warning := *d
		warning.Severity = hcl.DiagWarning
		diags[i] = &warning
	}
	s := c.Streams
	s.Out = s.Err // the result of the command keeps its stream
	_ = ui.Diagnostics(s, c.format, diags, u.bad.sources())
}

// configError is a config.hcl that can't be used.
type configError struct {
	diags hcl.Diagnostics
	file  *hcl.File
}

func (e *configError) Error() string { return e.diags.Error() }

func (e *configError) sources() map[string]*hcl.File {
	files := map[string]*hcl.File{}
	for _, d := range e.diags {
		if d.Subject != nil && e.file != nil && strings.HasSuffix(d.Subject.Filename, userconfig.Name) {
			files[d.Subject.Filename] = e.file
		}
	}
	return files
}
