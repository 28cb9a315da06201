package aws

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

// newVPC is the value of the attribute vpc that asks for one of the cluster's own.
const newVPC = "new"

func settingsSchema() schema.Schema {
	return schema.Schema{
		Doc: "Amazon EC2 in one region. Credentials come from where the aws command finds them, unless they stand here.",
		Attrs: []schema.Attr{
			{
				Name: "region", Type: cty.String, Check: matches(regionForm, `a region such as "eu-central-1"`),
				Doc: `Where the nodes boot, such as "eu-central-1". Default: AWS_REGION, or the region of the profile.`,
			},
			{
				Name: "zones", Type: cty.List(cty.String), Check: each(matches(zoneForm, `an availability zone such as "eu-central-1a"`)),
				Doc: "Availability zones, tried in this order when one has no machine free. Default: the first that offers the machine type.",
			},
			{Name: "profile", Type: cty.String, Trusted: true, Owned: schema.OwnedUnless(), Doc: "Profile of ~/.aws/config and ~/.aws/credentials. Default: AWS_PROFILE, or \"default\"."},
			{Name: "access_key", Type: cty.String, Sensitive: true, Doc: "Access key; instead of the default chain of credentials."},
			{Name: "secret_key", Type: cty.String, Sensitive: true, Doc: "Secret of the access key."},
			{Name: "session_token", Type: cty.String, Sensitive: true, Doc: "Session token of temporary keys."},
			{
				Name: "role_arn", Type: cty.String, Owned: schema.OwnedUnless(), Check: matches(roleForm, `the ARN of a role, such as "arn:aws:iam::123456789012:role/hpc"`),
				Doc: "Role that is assumed with these credentials.",
			},
			{
				Name: "endpoint", Type: cty.String, Trusted: true, Check: checkURL,
				Doc: "URL of all services, for private endpoints and simulators. Default: AWS_ENDPOINT_URL, or Amazon's own.",
			},
			{
				Name: "vpc", Type: cty.String, Owned: schema.OwnedUnless(newVPC), Check: matches(vpcForm, `the id of a VPC ("vpc-0abc…") or "new"`),
				Doc: `Network of the nodes: the id of a VPC, or "new" for one of the cluster's own. Default: the default VPC of the region; "new" where there is none.`,
			},
			{
				Name: "subnet", Type: cty.String, Owned: schema.OwnedUnless(), Check: matches(subnetForm, `the id of a subnet ("subnet-0abc…")`),
				Doc: "Subnet of all nodes; it decides the zone. Default: one of the VPC in the zone.",
			},
			{
				Name: "public_address", Type: cty.Bool, Default: true,
				Doc: "Whether nodes have a public address. Nodes without one are reached through the frontend, and need a NAT gateway in their subnet to install packages.",
			},
			{Name: "tags", Type: cty.Map(cty.String), Check: checkTags, Doc: "Tags of everything that is made."},
		},
	}
}

// settings are a decoded provider block.
type settings struct {
	region, profile, endpoint, roleARN string
	accessKey, secretKey, sessionToken string
	zones                              []string
	vpc, subnet                        string
	public                             bool
	tags                               map[string]string
}

func decodeSettings(v schema.Values) (settings, error) {
	s := settings{
		region: v.String("region"), profile: v.String("profile"),
		endpoint: v.String("endpoint"), roleARN: v.String("role_arn"),
		accessKey: v.String("access_key"), secretKey: v.String("secret_key"), sessionToken: v.String("session_token"),
		zones: v.Strings("zones"), vpc: v.String("vpc"), subnet: v.String("subnet"),
		public: true, tags: textMap(v.Map("tags")),
	}
	if _, has := v["public_address"]; has {
		s.public = v.Bool("public_address")
	}
	switch {
	case (s.accessKey == "") != (s.secretKey == ""):
		return s, fmt.Errorf("access_key and secret_key of the provider block go together: set both or none")
	case s.subnet != "" && s.vpc == newVPC:
		return s, fmt.Errorf("subnet names an existing subnet, so vpc can't be %q: remove one of them", newVPC)
	case s.subnet != "" && len(s.zones) > 1:
		return s, fmt.Errorf("a subnet lies in one zone: remove subnet, or all zones but its own")
	}
	return s, nil
}

var (
	regionForm = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-\d+$`)
	zoneForm   = regexp.MustCompile(`^[a-z]{2,}(-[a-z0-9]+)*-\d+[a-z]$`)
	roleForm   = regexp.MustCompile(`^arn:[a-z-]+:iam::\d{12}:role/.+$`)
	vpcForm    = regexp.MustCompile(`^(vpc-[0-9a-f]+|new)$`)
	subnetForm = regexp.MustCompile(`^subnet-[0-9a-f]+$`)
	typeForm   = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)
)

// matches is a Check for a text of one form, which is what words describe.
func matches(form *regexp.Regexp, words string) func(any) error {
	return func(v any) error {
		if s, _ := v.(string); !form.MatchString(s) {
			return fmt.Errorf("must be %s, not %q", words, s)
		}
		return nil
	}
}

// each is a Check for all items of a list.
func each(check func(any) error) func(any) error {
	return func(v any) error {
		list, _ := v.([]any)
		for _, item := range list {
			if err := check(item); err != nil {
				return err
			}
		}
		return nil
	}
}

func checkURL(v any) error {
	s, _ := v.(string)
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("must be a URL such as \"https://ec2.example.com\", not %q", s)
	}
	return nil
}

// What EC2 allows in tags: 50 a resource, of which the provider block and the
// group may each have some, and ecluster needs the rest.
const (
	maxUserTags = 14
	maxTagKey   = 128
	maxTagValue = 256
)

func checkTags(v any) error {
	tags, _ := v.(map[string]any)
	if len(tags) > maxUserTags {
		return fmt.Errorf("must be at most %d tags, not %d", maxUserTags, len(tags))
	}
	for key, value := range textMap(tags) {
		lower := strings.ToLower(key)
		switch {
		case key == "" || len([]rune(key)) > maxTagKey:
			return fmt.Errorf("the name of a tag has from 1 to %d characters, not %d", maxTagKey, len([]rune(key)))
		case len([]rune(value)) > maxTagValue:
			return fmt.Errorf("the value of the tag %q has %d characters; at most %d are allowed", key, len([]rune(value)), maxTagValue)
		case strings.HasPrefix(lower, "aws:"), strings.HasPrefix(lower, "ecluster-"):
			return fmt.Errorf("tags can't begin with \"aws:\" or \"ecluster-\", as %q does", key)
		case key == "Name":
			return fmt.Errorf("the tag \"Name\" is set by ecluster")
		}
	}
	return nil
}

func textMap(m map[string]any) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		if s, ok := v.(string); ok {
			out[k] = s
		}
	}
	return out
}

// invalid is an error of the settings.
func invalid(op string, err error) error {
	return &providers.Error{Op: op, Kind: providers.Invalid, Err: err}
}
