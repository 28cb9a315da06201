package portable

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
)

// The forms of what becomes a part of a path, or of a line in a file of ssh. A
// length of hundreds stands beside its form: within, it makes each start of the
// program slower by more than a millisecond.
var (
	idForm       = regexp.MustCompile(`^[a-z][a-z0-9]{0,31}$`)
	userForm     = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)
	nodeForm     = regexp.MustCompile(`^[a-z][a-z0-9-]{0,60}[0-9]{3}$`)
	hostForm     = regexp.MustCompile(`^[A-Za-z0-9:][A-Za-z0-9.:%_-]*$`)
	instanceForm = regexp.MustCompile(`^[^-\s[:cntrl:]][^\s[:cntrl:]]*$`)
)

const (
	maxHost     = 255 // characters
	maxInstance = 512
)

// checkRecord finds what no ecluster would have written, and what could lead out
// of a folder or add lines to an ssh_config: the record was not made here.
func checkRecord(st *state.State) error {
	if !idForm.MatchString(string(st.ID)) {
		return fmt.Errorf("%q is no ID of a cluster", st.ID)
	}
	if user := st.Spec.Login.User; user != "" && !userForm.MatchString(user) {
		return fmt.Errorf("%q is no user name", user)
	}
	labels := []string{string(st.OwnName()), st.Spec.Provider.Kind}
	for _, g := range st.Spec.Groups {
		labels = append(labels, string(g.Name))
	}
	for _, l := range labels {
		if err := cluster.CheckLabel(l); err != nil {
			return err
		}
	}
	for _, n := range st.Nodes {
		if err := checkNode(n); err != nil {
			return err
		}
	}
	for _, i := range st.Intents {
		for _, name := range i.Nodes {
			if !nodeForm.MatchString(string(name)) {
				return fmt.Errorf("%q is no name of a node", name)
			}
		}
	}
	return nil
}

func checkNode(n *cluster.Node) error {
	if !nodeForm.MatchString(string(n.Name)) {
		return fmt.Errorf("%q is no name of a node", n.Name)
	}
	if i := string(n.Instance); i != "" && (!instanceForm.MatchString(i) || utf8.RuneCountInString(i) > maxInstance || strings.Contains(i, "..")) {
		return fmt.Errorf("%q is no ID of a machine", i)
	}
	hosts := []string{n.PrivateIP, n.PublicIP}
	for _, e := range n.Endpoints {
		hosts = append(hosts, e.Host)
	}
	for _, h := range hosts {
		if h != "" && (!hostForm.MatchString(h) || len(h) > maxHost) {
			return fmt.Errorf("%q is no address of %s", h, n.Name)
		}
	}
	return nil
}
