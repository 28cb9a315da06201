// Package credentials finds signs that a cloud can be used from this machine:
// variables that are set and files that are there. It opens no file, asks no
// cloud and never returns a secret; whether the credentials are good is for the
// provider to say.
package credentials

import (
	"cmp"
	"os"
	"path/filepath"
)

// Sign is one of them.
type Sign struct {
	Provider string `json:"provider"` // kind of the provider
	Where    string `json:"where"`    // for people: "AWS_PROFILE=physics", "~/.aws/credentials"
}

// Place is the machine that is looked at.
type Place struct {
	Env      func(string) (string, bool)
	Home     string                    // the user's home; empty when there is none
	Exists   func(path string) bool    // nil: the real files
	LookPath func(program string) bool // nil: no program is there
}

// Look returns at most one sign a provider, the strongest, in the order in
// which the programs of the clouds themselves would look.
func (p Place) Look() []Sign {
	if p.Exists == nil {
		p.Exists = func(path string) bool {
			_, err := os.Stat(path)
			return err == nil
		}
	}
	var signs []Sign
	for _, look := range []struct {
		provider string
		find     func() string
	}{
		{"docker", p.docker}, {"qemu", p.qemu}, {"google", p.google}, {"aws", p.aws}, {"azure", p.azure}, {"terraform", p.openstack},
	} {
		if where := look.find(); where != "" {
			signs = append(signs, Sign{look.provider, where})
		}
	}
	return signs
}

// Of returns the sign of a provider, or none.
func Of(signs []Sign, provider string) (Sign, bool) {
	for _, s := range signs {
		if s.Provider == provider {
			return s, true
		}
	}
	return Sign{}, false
}

func (p Place) docker() string {
	if host := p.get("DOCKER_HOST"); host != "" {
		return "DOCKER_HOST=" + host
	}
	return p.file("/var/run/docker.sock")
}

func (p Place) qemu() string {
	if p.LookPath == nil || !p.LookPath("qemu-system-x86_64") && !p.LookPath("qemu-system-aarch64") {
		return ""
	}
	if p.Exists("/dev/kvm") {
		return "QEMU and /dev/kvm"
	}
	return "QEMU without /dev/kvm: slow"
}

func (p Place) google() string {
	if file := p.get("GOOGLE_APPLICATION_CREDENTIALS"); file != "" {
		return "GOOGLE_APPLICATION_CREDENTIALS=" + file
	}
	dir := cmp.Or(p.get("CLOUDSDK_CONFIG"), p.under(".config/gcloud"))
	return p.file(in(dir, "application_default_credentials.json"))
}

func (p Place) aws() string {
	if p.get("AWS_ACCESS_KEY_ID") != "" {
		return "AWS_ACCESS_KEY_ID"
	}
	if profile := p.get("AWS_PROFILE"); profile != "" {
		return "AWS_PROFILE=" + profile
	}
	if p.get("AWS_WEB_IDENTITY_TOKEN_FILE") != "" {
		return "AWS_WEB_IDENTITY_TOKEN_FILE"
	}
	keys := cmp.Or(p.get("AWS_SHARED_CREDENTIALS_FILE"), p.under(".aws/credentials"))
	config := cmp.Or(p.get("AWS_CONFIG_FILE"), p.under(".aws/config"))
	return cmp.Or(p.file(keys), p.file(config))
}

func (p Place) azure() string {
	if p.get("AZURE_CLIENT_ID") != "" {
		return "AZURE_CLIENT_ID"
	}
	dir := cmp.Or(p.get("AZURE_CONFIG_DIR"), p.under(".azure"))
	return p.file(in(dir, "azureProfile.json"))
}

func (p Place) openstack() string {
	if cloud := p.get("OS_CLOUD"); cloud != "" {
		return "OS_CLOUD=" + cloud
	}
	if p.get("OS_AUTH_URL") != "" {
		return "OS_AUTH_URL"
	}
	return p.file(p.under(".config/openstack/clouds.yaml"))
}

func (p Place) get(name string) string {
	value, _ := p.Env(name)
	return value
}

// under is a path below the home, empty when there is none.
func (p Place) under(path string) string { return in(p.Home, path) }

func in(dir, path string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, path)
}

// file is the path as people write it, when there is such a file.
func (p Place) file(path string) string {
	if path == "" || !p.Exists(path) {
		return ""
	}
	if rel, err := filepath.Rel(p.Home, path); p.Home != "" && err == nil && filepath.IsLocal(rel) {
		return "~/" + rel
	}
	return path
}
