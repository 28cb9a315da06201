package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/state"
	"github.com/ecluster/ecluster/internal/ui"
)

// elastiClusterPage shows the nodes as ElastiCluster did, for the scripts that
// read that: `list-nodes --elasticluster`.
func elastiClusterPage(p ui.Page, st *state.State, l nodeList) error {
	lines := []string{
		"",
		fmt.Sprintf("Cluster name:     %s", l.Cluster),
		fmt.Sprintf("Cluster template: %s", l.Cluster), // the record knows no other name
		fmt.Sprintf("Default ssh to node: %s", l.Frontend),
		fmt.Sprintf("Frontend node: %s", l.Frontend), // its older name
	}
	groups := make(map[cluster.GroupName][]cluster.Node)
	for _, n := range l.Nodes {
		groups[n.Group] = append(groups[n.Group], n)
	}
	for _, g := range st.Spec.Groups {
		lines = append(lines, fmt.Sprintf("- %s nodes: %d", g.Name, len(groups[g.Name])))
	}
	lines = append(lines, "",
		"To login on the frontend node, run the command:", "", "    ecluster ssh "+string(l.Cluster), "",
		"To upload or download files to the cluster, use the command:", "", "    ecluster sftp "+string(l.Cluster), "")
	for _, g := range st.Spec.Groups {
		lines = append(lines, fmt.Sprintf("%s nodes:", g.Name), "")
		for _, n := range groups[g.Name] {
			address, all := addresses(n)
			lines = append(lines,
				fmt.Sprintf("  - %s", n.Name),
				fmt.Sprintf("    connection IP: %s", address),
				fmt.Sprintf("    IPs:    %s", strings.Join(all, ", ")),
				fmt.Sprintf("    instance id:   %s", n.Instance),
				fmt.Sprintf("    instance flavor: %s", g.MachineType), "")
		}
	}
	for _, line := range lines {
		if err := p.Linef("%s", line); err != nil {
			return err
		}
	}
	return nil
}

// addresses are where a node is reached from here, with the port where it is not
// the usual one, and all that it has.
func addresses(n cluster.Node) (connection string, all []string) {
	for _, ip := range []string{n.PublicIP, n.PrivateIP} {
		if ip != "" && !slices.Contains(all, ip) {
			all = append(all, ip)
		}
	}
	connection = "None" // as Python has it
	switch {
	case len(n.Endpoints) > 0 && n.Endpoints[0].Port != 22:
		connection = fmt.Sprintf("%s:%d", n.Endpoints[0].Host, n.Endpoints[0].Port)
	case len(n.Endpoints) > 0:
		connection = n.Endpoints[0].Host
	case len(all) > 0:
		connection = all[0]
	}
	return connection, all
}
