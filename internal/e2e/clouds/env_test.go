package clouds

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// home is that of who runs the tests: what compiles the programs needs its
// caches.
var home = os.Getenv("HOME")

// TestMain keeps the cloud accounts of who runs the tests out of them. Where a
// metadata server would be is one that takes every connection and never says
// a word.
func TestMain(m *testing.M) {
	flag.Parse()
	// The tests wait for clouds most of the time, not for a processor.
	if err := flag.Set("test.parallel", "48"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, line := range os.Environ() {
		name, _, _ := strings.Cut(line, "=")
		if family, _, _ := strings.Cut(name, "_"); slices.Contains([]string{"AWS", "GOOGLE", "GCE", "CLOUDSDK", "AZURE"}, family) {
			_ = os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": "/absent/config", "AWS_SHARED_CREDENTIALS_FILE": "/absent/credentials",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://" + listener.Addr().String(),
		"AZURE_TOKEN_CREDENTIALS":           "dev",                                  // what answers at the metadata address is not for us to choose
		"HOME":                              filepath.Join(programFolder(), "home"), // where gcloud leaves its credentials
	} {
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	status := m.Run()
	_ = listener.Close()              // not before: it must be there until the end
	_ = os.RemoveAll(programFolder()) // where a test built them
	os.Exit(status)
}
