package azure

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
)

func TestSubscriptionIsFound(t *testing.T) {
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".azure"), 0o700); err != nil {
		t.Fatal(err)
	}
	profile := "\xef\xbb\xbf" + `{"subscriptions":[{"id":"aaa","isDefault":false},{"id":"bbb","isDefault":true}]}`
	if err := os.WriteFile(filepath.Join(home, ".azure", "azureProfile.json"), []byte(profile), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"HOME": home, "AZURE_SUBSCRIPTION_ID": "ccc"}
	getenv := func(name string) string { return env[name] }
	for _, c := range []struct{ given, want string }{{"ddd", "ddd"}, {"", "ccc"}} {
		got, err := readConfig(schema.Values{"location": "westeurope", "subscription_id": c.given}, getenv)
		if err != nil || got.subscription != c.want {
			t.Errorf("%q gives %q, error %v", c.given, got.subscription, err)
		}
	}
	delete(env, "AZURE_SUBSCRIPTION_ID")
	if got, err := readConfig(schema.Values{"location": "westeurope"}, getenv); err != nil || got.subscription != "bbb" {
		t.Errorf("the profile gives %q, error %v", got.subscription, err)
	}
}

func TestBadSettings(t *testing.T) {
	for want, settings := range map[string]schema.Values{
		"az login":      {"location": "westeurope"},
		"location":      {"subscription_id": "s"},
		"tenant_id":     {"subscription_id": "s", "location": "westeurope", "client_id": "c", "client_secret": "hunter2"},
		"belong":        {"subscription_id": "s", "location": "westeurope", "client_id": "c"},
		"unencrypted":   {"subscription_id": "s", "location": "westeurope", "endpoint": "http://management.example.org"},
		"is no address": {"subscription_id": "s", "location": "westeurope", "endpoint": "management.example.org"},
	} {
		_, err := open(settings, func(string) string { return "" }, nil)
		if providers.KindOf(err) != providers.Invalid || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", want, err)
		}
	}
	for attr, bad := range map[string]any{
		"zones": []any{"west"}, "location": "West Europe", "resource_group": "a.", "subnet": "lab", "endpoint": "http://10.0.0.1",
	} {
		if _, err := settingsSchema().DecodeMap(map[string]any{"location": "westeurope", attr: bad}); err == nil {
			t.Errorf("%s = %v is accepted", attr, bad)
		}
	}
	for attr, bad := range map[string]any{
		"disks": []any{map[string]any{"size_gb": 0}}, "identity": []any{"me"}, "max_price": 0, "placement": "near",
		"tags": map[string]any{"ecluster-cluster": "x"},
	} {
		if _, err := groupSchema().DecodeMap(map[string]any{attr: bad}); err == nil {
			t.Errorf("%s = %v is accepted", attr, bad)
		}
	}
}

func TestGroupSettingsDecode(t *testing.T) {
	v, err := groupSchema().DecodeMap(map[string]any{
		"disks": []any{map[string]any{"size_gb": 10}, map[string]any{"size_gb": 20, "type": "Premium_LRS"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := disksOf(v); len(got) != 2 || got[0].SizeGB != 10 || got[1].Type != "Premium_LRS" {
		t.Errorf("%+v", got)
	}
}

// failing is a credential that does not work.
type failing struct{ err error }

func (f failing) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, f.err
}

func TestCredentialsSayWhatWasTried(t *testing.T) {
	c := &credential{tried: "everything", advice: "run `az login`", source: failing{errors.New("nothing\nworked")}}
	_, err := c.GetToken(t.Context(), policy.TokenRequestOptions{})
	if err == nil || err.Error() != "no login to Azure; tried: everything; the answer: nothing worked; run `az login`" {
		t.Errorf("%v", err)
	}
	c.source = failing{&net.DNSError{Err: "no such host"}}
	if _, err := c.GetToken(t.Context(), policy.TokenRequestOptions{}); classify(err) != providers.Transient {
		t.Errorf("a network that fails is %s", classify(err))
	}
}

// counting is a credential that takes its time.
type counting struct{ asked *int }

func (c counting) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	*c.asked++
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Duration(*c.asked) * 4 * time.Minute)}, nil
}

func TestTokensAreRemembered(t *testing.T) {
	asked := 0
	c := &credential{source: counting{&asked}}
	for range 4 { // the first is too short-lived to be used again
		if _, err := c.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"arm"}}); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 2 {
		t.Errorf("the source was asked %d times", asked)
	}
}

func TestDefaultChainIsNamed(t *testing.T) {
	cred, err := config{cloud: cloudPublic}.credential()
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := cred.(*credential); !ok || !strings.Contains(c.tried, "Azure CLI") || !strings.Contains(c.advice, "az login") {
		t.Errorf("%+v", cred)
	}
}

func TestMachineNames(t *testing.T) {
	long := machineName("a-cluster-of-twenty-", "a-group-with-forty-characters-in-its-na001")
	other := machineName("a-cluster-of-twenty-", "a-group-with-forty-characters-in-its-na002")
	if len(long) > maxName || long == other || machineName("x1", "compute001") != "ecluster-x1-compute001" {
		t.Errorf("%s, %s", long, other)
	}
	if n := len(diskName(long, "token", "d63")); n > 80 {
		t.Errorf("the name of a disk has %d characters", n)
	}
}
