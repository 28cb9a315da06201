package azure

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// The pauses between two looks at an operation that has not ended.
const (
	lookFirst = 200 * time.Millisecond
	lookLast  = 5 * time.Second
)

// finish waits for the end of an operation. The SDK's own way looks every 30
// seconds by default and never more often than every second.
func finish[T any](ctx context.Context, d *Driver, p *runtime.Poller[T], err error) (T, error) {
	var none T
	if err != nil {
		return none, err
	}
	for wait := lookFirst; !p.Done(); wait = min(2*wait, lookLast) {
		answer, err := p.Poll(ctx) //nolint:bodyclose // the SDK has read it
		if err != nil {
			return none, err
		}
		if p.Done() {
			break
		}
		if err := d.sleep(ctx, askedPause(answer, wait)); err != nil {
			return none, err
		}
	}
	return p.Result(ctx)
}

// askedPause is what Azure asks for in Retry-After, or otherwise.
func askedPause(answer *http.Response, otherwise time.Duration) time.Duration {
	if answer == nil {
		return otherwise
	}
	if ms, err := strconv.Atoi(answer.Header.Get("x-ms-retry-after-ms")); err == nil && ms > 0 {
		return min(time.Duration(ms)*time.Millisecond, 4*lookLast)
	}
	if s, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && s > 0 {
		return min(time.Duration(s)*time.Second, 4*lookLast)
	}
	return otherwise
}

// inParallel is how many requests of one call may be unanswered at once.
const inParallel = 10

// each calls do for every item, several at a time, and waits for all.
func each[T any](items []T, do func(int, T)) {
	var wg sync.WaitGroup
	slot := make(chan struct{}, inParallel)
	for i, item := range items {
		slot <- struct{}{}
		wg.Go(func() {
			defer func() { <-slot }()
			do(i, item)
		})
	}
	wg.Wait()
}

// all runs different calls at once and returns the first error in their order.
func all(calls ...func() error) error {
	errs := make([]error, len(calls))
	each(calls, func(i int, call func() error) { errs[i] = call() })
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// collect reads all pages of a listing.
func collect[P, T any](ctx context.Context, pager *runtime.Pager[P], items func(P) []T) ([]T, error) {
	var out []T
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, items(page)...)
	}
	return out, nil
}
