package azure

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// errorBody is the form of an answer, of a failed operation, and of what they
// contain.
type errorBody struct {
	Error   *errorBody  `json:"error"`
	Code    string      `json:"code"`
	Message string      `json:"message"`
	Details []errorBody `json:"details"`
}

// content is what an answer says; it can be read again.
func content(e *azcore.ResponseError) []byte {
	if e.RawResponse == nil || e.RawResponse.Body == nil {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(e.RawResponse.Body, 1<<20))
	if err != nil {
		return nil
	}
	e.RawResponse.Body = io.NopCloser(bytes.NewReader(data))
	return data
}

// bodyOf takes an answer apart.
func bodyOf(e *azcore.ResponseError) errorBody {
	var b errorBody
	_ = json.Unmarshal(content(e), &b) // a proxy's page has no codes
	for b.Error != nil {
		b = *b.Error
	}
	return b
}

// codes lists them from the innermost to the outermost.
func (b errorBody) codes() []string {
	var out []string
	for _, d := range b.Details {
		out = append(out, d.codes()...)
	}
	if inner, ok := b.inside(); ok {
		out = append(out, inner.codes()...)
	}
	if b.Code != "" {
		out = append(out, b.Code)
	}
	return out
}

// message is the innermost.
func (b errorBody) message() string {
	for _, d := range b.Details {
		if m := d.message(); m != "" {
			return m
		}
	}
	if inner, ok := b.inside(); ok {
		return inner.message()
	}
	return firstLines(b.Message, 800)
}

// inside is the error that some providers pack, as JSON, into their message.
func (b errorBody) inside() (errorBody, bool) {
	var inner errorBody
	if !strings.HasPrefix(strings.TrimSpace(b.Message), "{") || json.Unmarshal([]byte(b.Message), &inner) != nil {
		return errorBody{}, false
	}
	for inner.Error != nil {
		inner = *inner.Error
	}
	return inner, inner.Code != "" || inner.Message != ""
}
