package google

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/api/compute/v1"

	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

// ownMetadata are the keys that ecluster sets.
var ownMetadata = []string{
	"ssh-keys", "user-data", "startup-script", "enable-guest-attributes", "enable-oslogin",
	"block-project-ssh-keys", "serial-port-enable",
}

// metadata is what a machine is told. Images with cloud-init get user data
// with the bootstrap host key; on others Google's guest agent makes our user,
// runs the script and publishes the host keys that the machine made.
func metadata(req providers.LaunchRequest, o options, init cloudInit) (*compute.Metadata, error) {
	cfg := bootdata.Config{Access: req.Access, Expires: req.Expires, UserData: o.userData}
	items := map[string]string{
		"ssh-keys":                bootdata.AdminUser + ":" + strings.TrimSpace(req.Access.AuthorizedKey),
		"enable-guest-attributes": "TRUE",
		"enable-oslogin":          "FALSE",
		"block-project-ssh-keys":  "TRUE",
		"serial-port-enable":      "FALSE",
	}
	if init != no {
		data, err := bootdata.CloudInit(cfg)
		if err != nil {
			return nil, fmt.Errorf("write the metadata: %w", err)
		}
		items["user-data"] = string(data)
	}
	if init != yes {
		items["startup-script"] = bootdata.Script(cfg)
		if init == no {
			items["startup-script"] += once(o.userData)
		}
	}
	maps.Copy(items, o.metadata)
	out := &compute.Metadata{}
	for _, key := range slices.Sorted(maps.Keys(items)) {
		value := items[key]
		out.Items = append(out.Items, &compute.MetadataItems{Key: key, Value: &value})
	}
	return out, nil
}

// once is the end of a startup script that runs the user's script at the first
// boot only.
func once(script string) string {
	if strings.TrimSpace(script) == "" {
		return ""
	}
	return fmt.Sprintf(`if ! [ -e /var/lib/ecluster-user-data.done ]; then
cat >/var/lib/ecluster-user-data <<'ECLUSTER_USER_END'
%s
ECLUSTER_USER_END
chmod 0700 /var/lib/ecluster-user-data
touch /var/lib/ecluster-user-data.done
/var/lib/ecluster-user-data
fi
`, strings.TrimRight(script, "\n"))
}
