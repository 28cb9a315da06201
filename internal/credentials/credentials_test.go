package credentials

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLook(t *testing.T) {
	t.Parallel()
	const home = "/home/a"
	for name, c := range map[string]struct {
		env      map[string]string
		files    []string
		programs []string
		want     []Sign
	}{
		"nothing": {},
		"files": {
			files: []string{
				"/var/run/docker.sock", home + "/.config/gcloud/application_default_credentials.json",
				home + "/.aws/config", home + "/.azure/azureProfile.json", home + "/.config/openstack/clouds.yaml",
			},
			want: []Sign{
				{"docker", "/var/run/docker.sock"},
				{"google", "~/.config/gcloud/application_default_credentials.json"},
				{"aws", "~/.aws/config"},
				{"azure", "~/.azure/azureProfile.json"},
				{"terraform", "~/.config/openstack/clouds.yaml"},
			},
		},
		"variables": {
			env: map[string]string{
				"DOCKER_HOST": "tcp://big:2376", "GOOGLE_APPLICATION_CREDENTIALS": "/keys/g.json", "AWS_ACCESS_KEY_ID": "AKIA123",
				"AWS_SECRET_ACCESS_KEY": "hush", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "hush", "OS_CLOUD": "mine",
			},
			want: []Sign{
				{"docker", "DOCKER_HOST=tcp://big:2376"},
				{"google", "GOOGLE_APPLICATION_CREDENTIALS=/keys/g.json"},
				{"aws", "AWS_ACCESS_KEY_ID"},
				{"azure", "AZURE_CLIENT_ID"},
				{"terraform", "OS_CLOUD=mine"},
			},
		},
		"elsewhere": {
			env: map[string]string{
				"CLOUDSDK_CONFIG": "/g", "AWS_SHARED_CREDENTIALS_FILE": "/a/keys", "AZURE_CONFIG_DIR": "/az", "OS_AUTH_URL": "https://x",
			},
			files: []string{"/g/application_default_credentials.json", "/a/keys", "/az/azureProfile.json"},
			want: []Sign{
				{"google", "/g/application_default_credentials.json"}, {"aws", "/a/keys"}, {"azure", "/az/azureProfile.json"}, {"terraform", "OS_AUTH_URL"},
			},
		},
		"profile":     {env: map[string]string{"AWS_PROFILE": "physics"}, want: []Sign{{"aws", "AWS_PROFILE=physics"}}},
		"web":         {env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, want: []Sign{{"aws", "AWS_WEB_IDENTITY_TOKEN_FILE"}}},
		"virtual":     {programs: []string{"qemu-system-x86_64"}, files: []string{"/dev/kvm"}, want: []Sign{{"qemu", "QEMU and /dev/kvm"}}},
		"without KVM": {programs: []string{"qemu-system-aarch64"}, want: []Sign{{"qemu", "QEMU without /dev/kvm: slow"}}},
	} {
		place := Place{
			Home:     home,
			Env:      func(v string) (string, bool) { s, ok := c.env[v]; return s, ok },
			Exists:   func(path string) bool { return slices.Contains(c.files, path) },
			LookPath: func(program string) bool { return slices.Contains(c.programs, program) },
		}
		got := place.Look()
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for _, s := range got {
			if strings.Contains(s.Where, "hush") || strings.Contains(s.Where, "AKIA123") {
				t.Errorf("%s shows a secret: %s", name, s.Where)
			}
		}
	}
}

// A machine without a home, as a container has it, has no files in one.
func TestNoHome(t *testing.T) {
	t.Parallel()
	place := Place{
		Env:    func(string) (string, bool) { return "", false },
		Exists: func(path string) bool { return !strings.HasPrefix(path, "/var") },
	}
	if got := place.Look(); len(got) > 0 {
		t.Errorf("got %v", got)
	}
}
