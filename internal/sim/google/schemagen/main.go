// Command schemagen writes compute-v1.json.gz, the part of Compute Engine's
// discovery document that package google needs: all methods and schemas, with
// no prose. Run it in internal/sim/google after an update of
// google.golang.org/api:
//
//	go run ./schemagen
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const output = "compute-v1.json.gz"

func main() {
	if err := generate(); err != nil {
		panic(err)
	}
}

func generate() error {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "google.golang.org/api").Output()
	if err != nil {
		return fmt.Errorf("find google.golang.org/api: %w", err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "compute", "v1", "compute-api.json"))
	if err != nil {
		return err
	}
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		return err
	}
	small := map[string]any{}
	for _, key := range []string{"revision", "parameters", "resources", "schemas"} {
		small[key] = trim(doc[key])
	}
	data, err = json.Marshal(small)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(output, b.Bytes(), 0o644) // part of the source
}

// trim leaves out what no check needs. A key is prose only where its value is
// text or a list: a field may be called "description" itself.
func trim(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			if _, nested := value.(map[string]any); !nested && prose(key) {
				continue
			}
			out[key] = trim(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = trim(value)
		}
		return out
	}
	return v
}

func prose(key string) bool {
	switch key {
	case "description", "enumDescriptions", "enumDeprecated", "scopes", "flatPath", "apiVersion", "parameterOrder":
		return true
	}
	return false
}
