package azure

import (
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// selfDelete is what a node with a managed identity does when its time ends:
// it deletes itself through the Resource Manager, which takes its disks and
// addresses along. Azure goes on to bill a machine that only halts. Whether
// the identity may is the user's affair; where it may not, the node halts.
func (c config) selfDelete(identities []string) string {
	if len(identities) == 0 {
		return ""
	}
	manager := c.sdkCloud().Services[cloud.ResourceManager]
	return fmt.Sprintf(selfDeleteScript, identities[0], manager.Audience, manager.Endpoint)
}

// The token travels by standard input: arguments are for everybody to read.
const selfDeleteScript = `#!/bin/sh
# Written by ecluster: deletes this machine.
set -eu
imds() { curl -fsS -m 20 --retry 5 --noproxy '*' -H Metadata:true "http://169.254.169.254/metadata/$1"; }
id=$(imds 'instance/compute/resourceId?api-version=2021-02-01&format=text')
token=$(imds 'identity/oauth2/token?api-version=2018-02-01&mi_res_id=%s&resource=%s' |
  sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')
printf 'header = "Authorization: Bearer %%s"\n' "$token" |
  curl -fsS -m 60 --retry 5 -K - -X DELETE "%s$id?api-version=2024-07-01&forceDeletion=true"
`
