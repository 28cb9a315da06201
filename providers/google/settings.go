package google

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
)

func settingsSchema() schema.Schema {
	return schema.Schema{
		Doc: "A project of Google Cloud. Credentials come from access_token, credentials_file, or Google's application default credentials.",
		Attrs: []schema.Attr{
			{Name: "project", Type: cty.String, Doc: "ID of the project. Default: GOOGLE_CLOUD_PROJECT, or the one of the credentials."},
			{Name: "zone", Type: cty.String, Check: checkZone, Doc: `Where machines are, as "us-central1-a"; the region follows from it.`},
			{Name: "zones", Type: cty.List(cty.String), Check: checkZones, Doc: "Zones to try in this order while one has no machine free; overrides zone."},
			{Name: "credentials_file", Type: cty.String, Trusted: true, Owned: schema.OwnedUnless(), Doc: "File with a key of a service account, or other credentials of Google's."},
			{Name: "access_token", Type: cty.String, Sensitive: true, Doc: "An OAuth access token, as `gcloud auth print-access-token` prints it; it lasts an hour."},
			{Name: "impersonate_service_account", Type: cty.String, Owned: schema.OwnedUnless(), Doc: "E-mail address of a service account to act as."},
			{Name: "endpoint", Type: cty.String, Trusted: true, Check: checkEndpoint, Doc: "URL of the Compute Engine API, for private endpoints."},
			{Name: "network", Type: cty.String, Owned: schema.OwnedUnless("default"), Doc: `An existing network, as "default" or "projects/host/global/networks/shared". Default: the cluster has its own.`},
			{Name: "subnetwork", Type: cty.String, Owned: schema.OwnedUnless(), Doc: "An existing subnetwork in the region of the zones; needed for networks in custom mode."},
			{Name: "public_address", Type: cty.Bool, Default: true, Doc: "Whether nodes have a public address. Without it nodes are reached through the frontend."},
		},
	}
}

func groupSchema() schema.Schema {
	disk := cty.ObjectWithOptionalAttrs(map[string]cty.Type{"size_gb": cty.Number, "type": cty.String}, []string{"type"})
	return schema.Schema{
		Doc: "What Google offers beyond machine_type, image, spot, boot_disk and gpu.",
		Attrs: []schema.Attr{
			{Name: "zones", Type: cty.List(cty.String), Check: checkZones, Doc: "Zones to try in this order while one has no machine free; the provider's where absent."},
			{
				Name: "disks", Type: cty.List(disk), Check: checkDisks,
				Doc: `Empty disks that are deleted with the node: [{ size_gb = 500, type = "pd-ssd" }]. The default type is what the machine type takes.`,
			},
			{Name: "local_ssd", Type: cty.Number, Check: schema.Whole(0, 32), Doc: "How many local SSDs of 375 GB a node has; machine types with built-in ones need none here."},
			{Name: "network_tier", Type: cty.String, OneOf: []string{"PREMIUM", "STANDARD"}, Doc: "Network tier of the public address; the project's default where absent."},
			{Name: "nic_type", Type: cty.String, OneOf: []string{"GVNIC", "VIRTIO_NET", "IDPF"}, Doc: "Kind of network interface; GVNIC is the fastest."},
			{Name: "min_cpu_platform", Type: cty.String, Doc: `The oldest processor that will do, as "Intel Ice Lake".`},
			{Name: "service_account", Type: cty.String, Owned: schema.OwnedUnless("default"), Doc: `E-mail address of the service account of the nodes, or "default". Without it they have none.`},
			{Name: "scopes", Type: cty.List(cty.String), Doc: "What the service account may be used for. Default: cloud-platform."},
			{Name: "labels", Type: cty.Map(cty.String), Check: checkLabels, Doc: "Labels of machines and disks."},
			{Name: "tags", Type: cty.List(cty.String), Doc: "Network tags, for your own firewall rules."},
			{Name: "metadata", Type: cty.Map(cty.String), Check: checkMetadata, Doc: "Metadata of the machines."},
			{Name: "user_data", Type: cty.String, Doc: "Runs at the first boot: for cloud-init on images that have it, else a shell script."},
			{Name: "public_address", Type: cty.Bool, Doc: "Whether nodes have a public address; the provider's where absent."},
			{Name: "placement", Type: cty.String, OneOf: []string{"compact"}, Doc: "compact puts the nodes close to each other."},
			{Name: "max_run", Type: cty.String, Check: schema.Duration, Doc: `How long a machine may run before Google deletes it, as "6h".`},
		},
	}
}

// checkDisks refuses what no machine type takes: 127 disks beside the one that
// it boots from are Google's limit.
func checkDisks(v any) error {
	disks := disksOf(schema.Values{"disks": v})
	if len(disks) > 127 {
		return fmt.Errorf("%d disks are more than any machine can have (127)", len(disks))
	}
	for i, d := range disks {
		if d.SizeGB < 1 || d.SizeGB > 65536 {
			return fmt.Errorf("disk %d has size_gb = %d; it must be between 1 and 65536", i+1, d.SizeGB)
		}
	}
	return nil
}

var zoneName = regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]+-[a-z]$`)

func checkZone(v any) error {
	if s, _ := v.(string); !zoneName.MatchString(s) {
		return fmt.Errorf("%q is not a zone; write for example \"us-central1-a\"", s)
	}
	return nil
}

func checkZones(v any) error {
	for _, z := range (schema.Values{"z": v}).Strings("z") {
		if err := checkZone(z); err != nil {
			return err
		}
	}
	return nil
}

// checkEndpoint lets a token travel in the clear on this machine alone.
func checkEndpoint(v any) error {
	s, _ := v.(string)
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return fmt.Errorf("%q is not a URL", s)
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return fmt.Errorf("%q must begin with https:// (http:// is for this machine only)", s)
	}
	return nil
}

func checkLabels(v any) error {
	for key := range (schema.Values{"l": v}).Map("l") {
		if strings.HasPrefix(key, "ecluster-") {
			return fmt.Errorf("%q is one of ecluster's own labels; choose another name", key)
		}
	}
	return nil
}

func checkMetadata(v any) error {
	for key := range (schema.Values{"m": v}).Map("m") {
		if slices.Contains(ownMetadata, key) {
			return fmt.Errorf("%q is set by ecluster; use user_data for what is to run at boot", key)
		}
	}
	return nil
}

// settings are the decoded settings of a provider block.
type settings struct {
	project, zone   string
	zones           []string
	credentialsFile string
	token           cluster.Secret
	impersonate     string
	endpoint        string
	network         string
	subnetwork      string
	public          bool
}

func readSettings(v schema.Values) (settings, error) {
	s := settings{
		project: v.String("project"), zone: v.String("zone"), zones: v.Strings("zones"),
		credentialsFile: v.String("credentials_file"), token: cluster.Secret(v.String("access_token")),
		impersonate: v.String("impersonate_service_account"), endpoint: v.String("endpoint"),
		network: v.String("network"), subnetwork: v.String("subnetwork"), public: true,
	}
	if e, is := v["access_token"].(schema.Expression); is {
		text, _ := e.Reveal().(string)
		s.token = cluster.Secret(text)
	}
	if public, given := v["public_address"].(bool); given {
		s.public = public
	}
	if s.endpoint != "" {
		if err := checkEndpoint(s.endpoint); err != nil {
			return s, fmt.Errorf("endpoint: %w", err)
		}
	}
	return s, nil
}
