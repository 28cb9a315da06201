package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// controlPath is what no cloud's own protocol begins with.
const controlPath = "/_sim/"

// controlLimit bounds what a request may send, in bytes.
const controlLimit = 1 << 20

// Control serves a cloud, and beside it what a test in another process needs
// to look into it and to break it (see Remote):
//
//	GET  /_sim/inventory      what exists: [Resource]
//	GET  /_sim/log?op=OP      what was asked: [Entry]; op any number of times
//	POST /_sim/script         more lines of the script: {"faults": [Fault], "fates": [Fate]}
//	POST /_sim/strike         something that happens now: Fate
//
// script is the one that the cloud was made with.
func Control(cloud Cloud, script *Script) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+controlPath+"inventory", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, orEmpty(cloud.Inventory()))
	})
	mux.HandleFunc("GET "+controlPath+"log", func(w http.ResponseWriter, r *http.Request) {
		answer(w, orEmpty(cloud.Log().Entries(r.URL.Query()["op"]...)))
	})
	mux.HandleFunc("POST "+controlPath+"script", take(script.Add))
	mux.HandleFunc("POST "+controlPath+"strike", take(func(data []byte) error {
		var f Fate
		if err := decodeStrictly(data, &f); err != nil {
			return err
		}
		if err := f.check(); err != nil {
			return err
		}
		return cloud.Strike(f.Node, f)
	}))
	mux.HandleFunc(controlPath, func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Errorf("%s %s: there is no such request", r.Method, r.URL.Path))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, controlPath) {
			mux.ServeHTTP(w, r)
			return
		}
		cloud.ServeHTTP(w, r) // as it came: a ServeMux would clean its path
	})
}

// take hands the body of a request to a function.
func take(do func(data []byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, controlLimit))
		if err == nil {
			err = do(data)
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, err)
			return
		}
		answer(w, struct{}{})
	}
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who asked has gone when it fails
}

// refusal is the answer to a request that could not be met.
type refusal struct {
	Error string `json:"error"`
}

func refuse(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(refusal{err.Error()})
}
