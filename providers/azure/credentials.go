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
	"regexp"
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

// Error says that there is no login, and why.
func (e *credentialError) Error() string { return "no login to Azure; " + e.detail() }

// detail names what was tried, the reason and the remedy.
func (e *credentialError) detail() string {
	reason := e.reason()
	if reason != "" {
		reason = "; " + reason
	}
	return fmt.Sprintf("tried: %s%s; %s", e.from.tried, reason, e.from.advice)
}

var (
	directoryAnswer = regexp.MustCompile(`AADSTS[0-9]+: [^\r\n"]*`)
	networkTrouble  = regexp.MustCompile(`(?:dial tcp|lookup) [^\n"]*`)
	whoFailed       = regexp.MustCompile(`([A-Za-z]+)Credential(?: authentication failed\.|:)`)
)

// reason is what kept the login from working, without what the SDK tells
// developers; "" when nothing was set up that could have worked.
func (e *credentialError) reason() string {
	text := e.err.Error()
	if answer := directoryAnswer.FindString(text); answer != "" {
		for _, end := range []string{`\r`, `\n`, " Trace ID:"} { // the body of the answer is JSON
			answer, _, _ = strings.Cut(answer, end)
		}
		return "the answer: " + strings.TrimSuffix(strings.ReplaceAll(strings.TrimSpace(answer), `\u0027`, "'"), ".")
	}
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](e.err)
	if !ok {
		if _, unavailable := errors.AsType[interface {
			error
			NonRetriable()
		}](e.err); unavailable {
			return ""
		}
		return "the answer: " + firstLines(text, 300)
	}
	if failed.RawResponse == nil {
		if trouble := networkTrouble.FindString(text); trouble != "" {
			return "no answer: " + firstLines(trouble, 300)
		}
		return "the answer: " + firstLines(text, 300)
	}
	who := "the login server"
	if names := whoFailed.FindAllStringSubmatch(text, -1); len(names) > 0 {
		who = names[len(names)-1][1]
	}
	return fmt.Sprintf("the answer of %s: HTTP %d", who, failed.RawResponse.StatusCode)
}

// Unwrap returns the SDK's error.
func (e *credentialError) Unwrap() error { return e.err }

// NonRetriable implements errorinfo.NonRetriable of the SDK.
func (*credentialError) NonRetriable() {}

// unreachable reports whether it was the network that failed, not the login.
func (e *credentialError) unreachable() bool {
	if _, isNet := errors.AsType[net.Error](e.err); isNet {
		return true
	}
	// The SDK keeps only the words of it.
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](e.err)
	return ok && failed.RawResponse == nil && !directoryAnswer.MatchString(e.err.Error()) && networkTrouble.MatchString(e.err.Error())
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
