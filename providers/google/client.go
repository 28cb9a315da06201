package google

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/compute/v1"
	"google.golang.org/api/impersonate"
	"google.golang.org/api/option"

	"github.com/ecluster/ecluster/providers"
)

// requestTimeout is for one request and its answer; the cloud's slowest answer
// within seconds.
const requestTimeout = 60 * time.Second

// api is the way to one project.
type api struct {
	*compute.Service
	project string
}

// client returns the way to the project. Credentials are looked for once.
func (d *Driver) client(ctx context.Context) (*api, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.api != nil {
		return d.api, nil
	}
	a, err := d.connect(context.WithoutCancel(ctx)) // tokens are renewed long after this call
	if err != nil {
		return nil, err
	}
	d.api = a
	return a, nil
}

func (d *Driver) connect(ctx context.Context) (*api, error) {
	creds, err := d.credentials(ctx)
	if err != nil {
		return nil, err
	}
	base, _ := http.DefaultTransport.(*http.Transport)
	base = base.Clone()
	base.MaxIdleConnsPerHost = 32 // a batch of inserts at once
	hc := &http.Client{
		Timeout: requestTimeout,
		Transport: &oauth2.Transport{
			Source: oauth2.ReuseTokenSource(nil, creds),
			Base:   billed{base: base, project: creds.billed},
		},
	}
	opts := []option.ClientOption{option.WithHTTPClient(hc)}
	if d.set.endpoint != "" {
		opts = append(opts, option.WithEndpoint(endpoint(d.set.endpoint)))
	}
	service, err := compute.NewService(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("open the Compute Engine API: %w", err)
	}
	service.UserAgent = "ecluster"
	project := d.set.project
	for _, guess := range []string{d.getenv("GOOGLE_CLOUD_PROJECT"), d.getenv("CLOUDSDK_CORE_PROJECT"), creds.project, creds.billed} {
		if project == "" {
			project = guess
		}
	}
	if project == "" {
		return nil, &cloudError{
			kind: providers.Invalid, summary: "nothing says which project of Google Cloud to use",
			advice: `write project = "my-project" into the provider block, or set GOOGLE_CLOUD_PROJECT`,
		}
	}
	return &api{Service: service, project: project}, nil
}

// endpoint completes an address that has no path.
func endpoint(url string) string {
	if strings.Count(strings.TrimSuffix(url, "/"), "/") == 2 {
		return strings.TrimSuffix(url, "/") + "/compute/v1/"
	}
	return strings.TrimSuffix(url, "/") + "/"
}

// credentials are a source of tokens that explains why there is none.
type credentials struct {
	source  oauth2.TokenSource
	from    string // in words
	project string // that they belong to
	billed  string // project whose request quota is used
}

// Token implements oauth2.TokenSource.
func (c *credentials) Token() (*oauth2.Token, error) {
	t, err := c.source.Token()
	if err == nil {
		return t, nil
	}
	if e := refusedToken(err, c.from); e != nil {
		return nil, e
	}
	kind := providers.Permission
	if refused, is := errors.AsType[*oauth2.RetrieveError](err); !is || refused.Response != nil && refused.Response.StatusCode >= 500 {
		kind = classifyNetwork(err)
	}
	if kind == providers.Unknown {
		kind = providers.Permission
	}
	return nil, &cloudError{
		kind: kind, summary: fmt.Sprintf("Google gives no access token for %s", c.from), cause: err,
		advice: "log in again with `gcloud auth application-default login`, or renew the key",
	}
}

// refusedToken puts the refusal of Google's token endpoint into words; nil
// when it gave no reason.
func refusedToken(err error, from string) *cloudError {
	refused, is := errors.AsType[*oauth2.RetrieveError](err)
	if !is || refused.Response != nil && refused.Response.StatusCode >= http.StatusInternalServerError {
		return nil
	}
	var answer struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	_ = json.Unmarshal(refused.Body, &answer) // without a reason it is nothing
	if answer.Code == "" {
		return nil
	}
	return &cloudError{
		kind: providers.Permission, code: answer.Code,
		summary: strings.TrimSuffix(fmt.Sprintf("Google gives no access token for %s: %s", from, answer.Description), "."),
		advice: "see whether the clock of this machine is right; if it is, log in again with `gcloud auth application-default login`, " +
			"or make a new key for the service account",
	}
}

func (d *Driver) credentials(ctx context.Context) (*credentials, error) {
	c, err := d.baseCredentials(ctx)
	if err != nil || d.set.impersonate == "" {
		return c, err
	}
	source, err := impersonate.CredentialsTokenSource(ctx, impersonate.CredentialsConfig{
		TargetPrincipal: d.set.impersonate, Scopes: []string{cloudPlatform},
	}, option.WithTokenSource(c.source))
	if err != nil {
		return nil, &cloudError{
			kind: providers.Permission, summary: "can't act as " + d.set.impersonate, cause: err,
			advice: "the caller needs the role roles/iam.serviceAccountTokenCreator on that service account",
		}
	}
	return &credentials{source: source, from: d.set.impersonate + ", impersonated by " + c.from, project: c.project, billed: c.billed}, nil
}

func (d *Driver) baseCredentials(ctx context.Context) (*credentials, error) {
	if token := d.set.token.Reveal(); token != "" {
		return &credentials{source: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}), from: "access_token"}, nil
	}
	if file := d.set.credentialsFile; file != "" {
		return fromFile(ctx, file)
	}
	found, err := google.FindDefaultCredentials(ctx, cloudPlatform)
	if err != nil {
		return nil, d.noCredentials(err)
	}
	from := "the machine's own service account"
	if len(found.JSON) > 0 {
		from = "the application default credentials"
	}
	return &credentials{source: found.TokenSource, from: from, project: found.ProjectID, billed: d.billedProject(found.JSON)}, nil
}

func fromFile(ctx context.Context, file string) (*credentials, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return nil, &cloudError{
			kind: providers.Permission, summary: "can't read credentials_file", cause: err,
			advice: "correct the path in the provider block",
		}
	}
	var head struct {
		Type google.CredentialsType `json:"type"`
	}
	err = json.Unmarshal(data, &head)
	var found *google.Credentials
	if err == nil {
		found, err = google.CredentialsFromJSONWithType(ctx, data, head.Type, cloudPlatform)
	}
	if err != nil {
		return nil, &cloudError{
			kind: providers.Permission, summary: fmt.Sprintf("credentials_file %s has no credentials of Google's", file), cause: err,
			advice: "it must hold the JSON key of a service account, or what `gcloud auth application-default login` wrote",
		}
	}
	return &credentials{source: found.TokenSource, from: file, project: found.ProjectID}, nil
}

// billedProject is whose request quota user credentials use.
func (d *Driver) billedProject(data []byte) string {
	if p := d.getenv("GOOGLE_CLOUD_QUOTA_PROJECT"); p != "" {
		return p
	}
	var file struct {
		Project string `json:"quota_project_id"`
	}
	_ = json.Unmarshal(data, &file) // there may be no file
	return file.Project
}

// noCredentials says what was tried.
func (d *Driver) noCredentials(cause error) error {
	first := "GOOGLE_APPLICATION_CREDENTIALS is not set"
	if file := d.getenv("GOOGLE_APPLICATION_CREDENTIALS"); file != "" {
		first = "GOOGLE_APPLICATION_CREDENTIALS is " + file
	}
	return &cloudError{
		kind: providers.Permission, cause: cause,
		summary: fmt.Sprintf("no credentials for Google Cloud were found: the provider block has no access_token and no credentials_file, %s, "+
			"`gcloud auth application-default login` left no file that can be used, and this is no machine of Google's", first),
		advice: "run `gcloud auth application-default login`, or point GOOGLE_APPLICATION_CREDENTIALS or credentials_file at the key of a service account",
	}
}

// billed names the project whose request quota is used.
type billed struct {
	base    http.RoundTripper
	project string
}

// RoundTrip implements http.RoundTripper.
func (b billed) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.project != "" {
		r = r.Clone(r.Context())
		r.Header.Set("X-Goog-User-Project", b.project)
	}
	return b.base.RoundTrip(r)
}
