package terraform

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/ecluster/ecluster/providers"
)

// runError is a run of Terraform that failed, with what it said.
type runError struct {
	op    string // "plan", "apply"
	diags []tfjson.Diagnostic
	err   error // when it said nothing
}

// Error gives every diagnostic.
func (e *runError) Error() string {
	if len(e.diags) == 0 {
		return fmt.Sprintf("terraform %s: %s", e.op, condense(e.err.Error()))
	}
	texts := make([]string, len(e.diags))
	for i, d := range e.diags {
		texts[i] = text(d)
	}
	return fmt.Sprintf("terraform %s: %s", e.op, strings.Join(texts, "; "))
}

// Unwrap returns how the process ended, when that is all there is.
func (e *runError) Unwrap() error { return e.err }

// only returns the part of the error that concerns a node, or nil.
func (e *runError) only(keep func(tfjson.Diagnostic) bool) *runError {
	var diags []tfjson.Diagnostic
	for _, d := range e.diags {
		if keep(d) {
			diags = append(diags, d)
		}
	}
	if len(diags) == 0 {
		return nil
	}
	return &runError{op: e.op, diags: diags}
}

// failed is the error of a run, or nil.
func (w *workspace) failed(ctx context.Context, op string, m *messages, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return canceled(op, ctx)
	case len(m.errors) > 0:
		return &runError{op: op, diags: m.errors}
	}
	return &runError{op: op, err: errors.New(m.hide(err.Error()))}
}

// initFailed explains why a module's providers can't be had.
func (d *Driver) initFailed(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	said := (&messages{secrets: secretTexts(d.secrets)}).hide(condense(err.Error()))
	return &providers.Error{
		Op: "terraform init of module " + d.module, Kind: kindOf(said, providers.Invalid),
		Err: fmt.Errorf("%s. Terraform gets providers from a registry; where that can't be reached, a mirror serves "+
			"(provider_installation in the file that TF_CLI_CONFIG_FILE names)", strings.TrimSuffix(said, ".")),
	}
}

// condense makes one line of the errors that a command printed for a terminal.
func condense(said string) string {
	said = strings.Map(func(r rune) rune {
		if strings.ContainsRune("╷│╵", r) {
			return ' '
		}
		return r
	}, said)
	said = strings.Join(strings.Fields(said), " ")
	if _, errs, found := strings.Cut(said, "Error: "); found { // what precedes it are warnings
		return errs
	}
	return said
}

// classify tells the kind of an error.
func classify(err error) providers.Kind {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return providers.Canceled
	}
	run, ok := errors.AsType[*runError](err)
	if !ok {
		return providers.Unknown
	}
	otherwise := providers.Unknown
	if run.op == "plan" { // nothing was asked of the cloud yet but to look
		otherwise = providers.Invalid
	}
	return kindOf(run.Error(), otherwise)
}

// kindOf reads the kind out of a message. Terraform has no codes: the words of
// each provider's cloud are all that comes through. The first match counts, so
// what is specific stands before what is general; a message that matches
// nothing is never retried.
func kindOf(said string, otherwise providers.Kind) providers.Kind {
	for _, k := range kindsByWords {
		if k.words.MatchString(said) {
			return k.kind
		}
	}
	return otherwise
}

var kindsByWords = []struct {
	kind  providers.Kind
	words *regexp.Regexp
}{
	{providers.Throttled, words(`too many requests|rate.?limit|throttl|request ?limit ?exceeded|\b429\b`)},
	{providers.Quota, words(`quota|limit ?exceeded|exceeds? .*\blimit`)},
	{providers.Capacity, words(`insufficient (instance )?capacity|insufficientinstancecapacity|no valid host|resource_pool_exhausted|stock.?out|allocationfailed|not enough (hosts|capacity)`)},
	{providers.Permission, words(`unauthori[sz]ed|forbidden|access denied|permission denied|not authori[sz]ed|authentication (failed|required)|(no|missing|invalid|expired|valid) .{0,20}credentials|\b40[13]\b`)},
	{providers.Transient, words(`time.?out|timed out|connection (refused|reset)|temporar|service unavailable|no such host|could not connect|cannot connect|unexpected eof|\b50[0234]\b`)},
	{providers.Conflict, words(`already (in use|exists)|error acquiring the state lock|conflict|\b409\b`)},
	{providers.NotFound, words(`did not find|could not find|not found|no such|does not exist|no .{1,40} matched|returned no results|\b404\b`)},
	{providers.Invalid, words(`invalid|unsupported|bad request|missing required|not allowed|minimum|must be|\b400\b`)},
}

func words(expr string) *regexp.Regexp { return regexp.MustCompile("(?i)" + expr) }
