package azure

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
)

// The clouds that Microsoft runs apart from each other.
const (
	cloudPublic     = "public"
	cloudGovernment = "us-government"
	cloudChina      = "china"
)

func settingsSchema() schema.Schema {
	text := func(name, doc string) schema.Attr { return schema.Attr{Name: name, Type: cty.String, Doc: doc} }
	secret := func(name, doc string) schema.Attr {
		return schema.Attr{Name: name, Type: cty.String, Sensitive: true, Doc: doc}
	}
	return schema.Schema{
		Doc: "A subscription and a location. Without credentials here they come from the environment, a managed identity or `az login`.",
		Attrs: []schema.Attr{
			text("subscription_id", "The subscription that pays. Default: AZURE_SUBSCRIPTION_ID, or the one that `az account show` shows."),
			{
				Name: "location", Type: cty.String, Required: true, Check: checkWord,
				Doc: `Where the nodes boot: "westeurope". "az account list-locations -o table" lists them.`,
			},
			{
				Name: "zones", Type: cty.List(cty.String), Check: checkZones,
				Doc: `Availability zones to try in this order: ["1", "2"]; "" leaves the choice to Azure, which is the default.`,
			},
			{
				Name: "resource_group", Type: cty.String, Owned: schema.OwnedUnless(), Check: checkResourceGroup,
				Doc: "An existing resource group for everything, where you may not make one. Default: one of its own for each cluster, ecluster-<id>.",
			},
			{
				Name: "subnet", Type: cty.String, Owned: schema.OwnedUnless(), Check: checkID("/virtualNetworks/", "/subnets/"),
				Doc: "Resource id of an existing subnet for the nodes, which must let them out to the Internet. Default: a network of its own for each cluster.",
			},
			{
				Name: "public_address", Type: cty.Bool, Default: true,
				Doc: "Whether nodes have a public address. Without, they are reached through the frontend, which always has one.",
			},
			{
				Name: "cloud", Type: cty.String, Default: cloudPublic, OneOf: []string{cloudPublic, cloudGovernment, cloudChina},
				Doc: "Which of Microsoft's clouds.",
			},
			{
				Name: "endpoint", Type: cty.String, Trusted: true, Check: func(v any) error { _, err := parseEndpoint(fmt.Sprint(v)); return err },
				Doc: "Address of the Resource Manager, where it is not that of the cloud. Plain http is for this machine only.",
			},
			text("tenant_id", "Directory of the service principal. Default: AZURE_TENANT_ID."),
			text("client_id", "Application id of a service principal; needs client_secret and tenant_id."),
			secret("client_secret", "Secret of the service principal."),
			secret("access_token", "A token as `az account get-access-token` prints it, instead of other credentials; it lasts about an hour."),
		},
	}
}

var wordForm = regexp.MustCompile(`^[a-z][a-z0-9]{2,}$`)

func checkWord(v any) error {
	if s, _ := v.(string); !wordForm.MatchString(s) {
		return fmt.Errorf(`%q is no location; write its short name, as in "westeurope"`, s)
	}
	return nil
}

func checkZones(v any) error {
	for _, z := range (schema.Values{"z": v}).Strings("z") {
		if z != "" && (len(z) != 1 || z < "1" || z > "9") {
			return fmt.Errorf(`%q is no availability zone; write "1", "2", "3", or "" for any`, z)
		}
	}
	return nil
}

var groupForm = regexp.MustCompile(`^[-\w.()]{0,89}[-\w()]$`)

func checkResourceGroup(v any) error {
	if s, _ := v.(string); !groupForm.MatchString(s) {
		return fmt.Errorf("%q is no name of a resource group: up to 90 letters, digits and -_.() and no full stop at the end", s)
	}
	return nil
}

// checkID wants a resource id that has all these parts.
func checkID(parts ...string) func(any) error {
	return func(v any) error {
		s, _ := v.(string)
		for _, p := range append([]string{"/subscriptions/", "/resourceGroups/"}, parts...) {
			if !strings.Contains(strings.ToLower(s), strings.ToLower(p)) {
				return fmt.Errorf("%q is no such resource id; it looks like /subscriptions/…/resourceGroups/…%s…", s, strings.Join(parts, "…"))
			}
		}
		return nil
	}
}

// config is the decoded provider block.
type config struct {
	subscription  string
	location      string
	zones         []string
	resourceGroup string // "": one a cluster
	subnet        string // "": one a cluster
	public        bool
	cloud         string
	endpoint      string
	tenant        string
	client        string
	secret        string
	token         string
}

func readConfig(v schema.Values, getenv func(string) string) (config, error) {
	c := config{
		subscription: v.String("subscription_id"), location: v.String("location"), zones: v.Strings("zones"),
		resourceGroup: v.String("resource_group"), subnet: v.String("subnet"), public: true,
		cloud: v.String("cloud"), tenant: v.String("tenant_id"), client: v.String("client_id"),
		secret: secretOf(v, "client_secret"), token: secretOf(v, "access_token"),
	}
	if public, set := v["public_address"].(bool); set {
		c.public = public
	}
	if c.cloud == "" {
		c.cloud = cloudPublic
	}
	if c.tenant == "" {
		c.tenant = getenv("AZURE_TENANT_ID")
	}
	if c.subscription == "" {
		c.subscription = getenv("AZURE_SUBSCRIPTION_ID")
	}
	if c.subscription == "" {
		c.subscription = profileSubscription(getenv)
	}
	switch {
	case c.subscription == "":
		return c, errors.New("no subscription is known; set subscription_id in the provider block or AZURE_SUBSCRIPTION_ID, or run `az login`")
	case c.location == "":
		return c, errors.New(`no location is known; set location in the provider block, for example location = "westeurope"`)
	case (c.client == "") != (c.secret == ""):
		return c, errors.New("client_id and client_secret belong together; set both or neither")
	case c.client != "" && c.tenant == "":
		return c, errors.New("client_id needs tenant_id, the directory of the service principal; `az account show` prints it")
	}
	if s := v.String("endpoint"); s != "" {
		u, err := parseEndpoint(s)
		if err != nil {
			return c, fmt.Errorf("endpoint: %w", err)
		}
		c.endpoint = strings.TrimSuffix(u.String(), "/")
	}
	if len(c.zones) == 0 {
		c.zones = []string{""}
	}
	return c, nil
}

// parseEndpoint refuses addresses to which credentials would travel in clear.
func parseEndpoint(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf(`%q is no address; write for example "https://management.azure.com"`, s)
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, fmt.Errorf("%q would send your credentials unencrypted; use https", s)
	}
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func secretOf(v schema.Values, name string) string {
	switch s := v[name].(type) {
	case string:
		return s
	case schema.Expression:
		text, _ := s.Reveal().(string)
		return text
	}
	return ""
}
