package docker

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/ecluster/ecluster/internal/sim"
)

// Where the guest agent of the image finds its orders and leaves its answer
// (image/guest-agent).
const (
	agentFolder  = "var/lib/guest-agent/"
	agentAnswer  = "/" + agentFolder + "hostkeys"
	seedFolder   = "var/lib/cloud/seed/nocloud/"
	cloudInitOff = "etc/cloud/cloud-init.disabled"
)

// seed is what must be in a machine before it starts: in place of a metadata
// service, which a container could not be kept from sharing with its host.
func seed(b sim.Boot) ([]file, error) {
	var files []file
	if b.Agent != nil {
		agent, err := agentFiles(*b.Agent)
		if err != nil {
			return nil, err
		}
		files = append(files, agent...)
	} else {
		meta, err := yaml.Marshal(yaml.MapSlice{
			{Key: "instance-id", Value: b.ID},
			{Key: "local-hostname", Value: b.Hostname},
		})
		if err != nil {
			return nil, err
		}
		files = append(files,
			file{name: seedFolder + "meta-data", mode: 0o600, data: meta},
			file{name: seedFolder + "user-data", mode: 0o600, data: b.UserData})
	}
	if b.Silent {
		for _, unit := range []string{"ssh.service", "ssh.socket"} {
			files = append(files, file{name: "etc/systemd/system/" + unit, mode: 0o777, target: "/dev/null"})
		}
	}
	return files, nil
}

func agentFiles(a sim.Agent) ([]file, error) {
	var users strings.Builder
	for _, u := range a.Users {
		if u.Name == "" || strings.ContainsAny(u.Name, " \t\n:/") || strings.Contains(u.AuthorizedKey, "\n") {
			return nil, fmt.Errorf("user %q: a name has no blank, colon or slash, and a key is one line", u.Name)
		}
		users.WriteString(u.Name + " " + u.AuthorizedKey + "\n")
	}
	files := []file{
		{name: cloudInitOff, mode: 0o644},
		{name: agentFolder, mode: 0o700},
		{name: agentFolder + "users", mode: 0o600, data: []byte(users.String())},
	}
	if a.StartupScript != "" {
		files = append(files, file{name: agentFolder + "startup-script", mode: 0o600, data: []byte(a.StartupScript)})
	}
	return files, nil
}
