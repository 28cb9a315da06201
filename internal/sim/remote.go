package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Remote looks into a cloud that another process serves with Control.
type Remote struct {
	URL    string // where it is served
	Client *http.Client
}

// Inventory is Cloud.Inventory.
func (r Remote) Inventory(ctx context.Context) ([]Resource, error) {
	var list []Resource
	return list, r.ask(ctx, http.MethodGet, "inventory", nil, &list)
}

// Entries is Log.Entries.
func (r Remote) Entries(ctx context.Context, ops ...string) ([]Entry, error) {
	var list []Entry
	return list, r.ask(ctx, http.MethodGet, "log?"+url.Values{"op": ops}.Encode(), nil, &list)
}

// Inject is Script.Inject.
func (r Remote) Inject(ctx context.Context, faults ...Fault) error {
	return r.ask(ctx, http.MethodPost, "script", map[string]any{"faults": faults}, nil)
}

// Doom is Script.Doom.
func (r Remote) Doom(ctx context.Context, fates ...Fate) error {
	return r.ask(ctx, http.MethodPost, "script", map[string]any{"fates": fates}, nil)
}

// Strike is Cloud.Strike.
func (r Remote) Strike(ctx context.Context, f Fate) error {
	return r.ask(ctx, http.MethodPost, "strike", f, nil)
}

func (r Remote) ask(ctx context.Context, method, what string, body, into any) error {
	fail := func(err error) error { return fmt.Errorf("%s simulated cloud %s: %w", method, what, err) }
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return fail(err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, r.URL+controlPath+what, bytes.NewReader(data))
	if err != nil {
		return fail(err)
	}
	resp, err := r.Client.Do(req)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return fail(err)
	}
	if resp.StatusCode != http.StatusOK {
		var refused refusal
		if json.Unmarshal(answer, &refused) != nil || refused.Error == "" {
			refused.Error = resp.Status
		}
		return fail(errors.New(refused.Error))
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fail(err)
	}
	return nil
}
