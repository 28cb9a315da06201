package azure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// tokenLeft is how much life a remembered token must have.
const tokenLeft = 5 * time.Minute

// credential gives tokens, and says what was tried when it can't. It remembers
// tokens: every client of the SDK asks for one, and the Azure CLI takes a
// second for each.
type credential struct {
	tried  string // for people
	advice string
	source azcore.TokenCredential

	mu     sync.Mutex
	tokens map[string]azcore.AccessToken // by scope
}

// credential chooses how to log in; it talks to nobody.
func (c config) credential() (azcore.TokenCredential, error) {
	options := azcore.ClientOptions{Cloud: c.sdkCloud(), Retry: noRetries}
	switch {
	case c.token != "":
		return &credential{
			tried: "access_token of the provider block", source: staticToken(c.token),
			advice: "get a new one with `az account get-access-token`",
		}, nil
	case c.secret != "":
		source, err := azidentity.NewClientSecretCredential(c.tenant, c.client, c.secret, &azidentity.ClientSecretCredentialOptions{ClientOptions: options})
		if err != nil {
			return nil, fmt.Errorf("client_id, client_secret: %w", err)
		}
		return &credential{
			tried: "client_id and client_secret of the provider block", source: source,
			advice: "check tenant_id and client_id; `az ad app credential reset --id <client_id>` makes a new secret",
		}, nil
	}
	source, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: options, TenantID: c.tenant})
	if err != nil {
		return nil, fmt.Errorf("find credentials: %w; run `az login`", err)
	}
	return &credential{
		tried: "the environment (AZURE_CLIENT_ID and others), a workload identity, a managed identity, the Azure CLI, the Azure Developer CLI, PowerShell", source: source,
		advice: "run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
	}, nil
}

// GetToken implements azcore.TokenCredential.
func (c *credential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	scope := strings.Join(o.Scopes, " ")
	c.mu.Lock()
	defer c.mu.Unlock() // who comes meanwhile wants the same token
	if t, known := c.tokens[scope]; known && o.Claims == "" && time.Until(t.ExpiresOn) > tokenLeft {
		return t, nil
	}
	t, err := c.source.GetToken(ctx, o)
	switch {
	case err == nil:
		if c.tokens == nil {
			c.tokens = map[string]azcore.AccessToken{}
		}
		c.tokens[scope] = t
		return t, nil
	case ctx.Err() != nil:
		return t, err
	}
	return t, &credentialError{from: c, err: err}
}

// credentialError says that there is no token. It is never retried by the SDK.
type credentialError struct {
	from *credential
	err  error
}

// Error names what was tried, the reason and the remedy.
func (e *credentialError) Error() string {
	return fmt.Sprintf("no login to Azure; tried: %s; the answer: %s; %s", e.from.tried, firstLines(e.err.Error(), 600), e.from.advice)
}

// Unwrap returns the SDK's error.
func (e *credentialError) Unwrap() error { return e.err }

// NonRetriable implements errorinfo.NonRetriable of the SDK.
func (*credentialError) NonRetriable() {}

// unreachable reports whether it was the network that failed, not the login.
func (e *credentialError) unreachable() bool {
	_, isNet := errors.AsType[net.Error](e.err)
	return isNet
}

// staticToken is a token that somebody else got. What it is good for is known
// to Azure only.
type staticToken string

// GetToken implements azcore.TokenCredential.
func (t staticToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(t), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// profileSubscription is what the Azure CLI uses by default; "" when unknown.
func profileSubscription(getenv func(string) string) string {
	dir := getenv("AZURE_CONFIG_DIR")
	if dir == "" {
		if getenv("HOME") == "" {
			return ""
		}
		dir = filepath.Join(getenv("HOME"), ".azure")
	}
	data, err := os.ReadFile(filepath.Join(dir, "azureProfile.json"))
	if err != nil {
		return ""
	}
	var profile struct {
		Subscriptions []struct {
			ID      string `json:"id"`
			Default bool   `json:"isDefault"`
		} `json:"subscriptions"`
	}
	if json.Unmarshal(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), &profile) != nil { // it begins with a byte order mark
		return ""
	}
	for _, s := range profile.Subscriptions {
		if s.Default {
			return s.ID
		}
	}
	return ""
}
