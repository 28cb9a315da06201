package clouds

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
)

// TestMain keeps the cloud accounts of who runs the tests out of them. Where a
// metadata server would be is one that takes every connection and never says
// a word.
func TestMain(m *testing.M) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, line := range os.Environ() {
		if name, _, _ := strings.Cut(line, "="); strings.HasPrefix(name, "AWS_") {
			_ = os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": "/nowhere/config", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://" + listener.Addr().String(),
	} {
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	status := m.Run()
	_ = listener.Close() // not before: it must be there until the end
	os.Exit(status)
}
