package azure

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// reply is an answer before it is written.
type reply struct {
	status   int
	body     any // nil: none
	header   map[string]string
	fail     *failure
	problems []string
}

func ok(body any) *reply { return &reply{status: http.StatusOK, body: body} }

func failed(f *failure) *reply {
	r := &reply{status: f.Status, fail: f, header: f.Headers, body: tree{"error": f}}
	if f.problem {
		r.problems = []string{f.Code + ": " + f.Message}
		for _, d := range f.Details {
			r.problems = append(r.problems, d.Code+": "+d.Message)
		}
	}
	return r
}

func (r *reply) code() string {
	if r.fail == nil {
		return ""
	}
	return r.fail.Code
}

// encode fixes the body while what it shows can't change.
func (r *reply) encode() *reply {
	if r.body == nil {
		return r
	}
	data, err := json.Marshal(r.body)
	if err != nil { // a body is made of maps, lists and plain values
		data, r.status = []byte(strconv.Quote(err.Error())), http.StatusInternalServerError
	}
	r.body = json.RawMessage(data)
	return r
}

func (r *reply) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("x-ms-request-id", fakeUUID("request", strconv.Itoa(r.status), r.code()))
	for k, v := range r.header {
		h.Set(k, v)
	}
	data, _ := r.body.(json.RawMessage)
	if len(data) == 0 {
		w.WriteHeader(r.status)
		return
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(r.status)
	_, _ = w.Write(data) // a client that went away misses it
}
