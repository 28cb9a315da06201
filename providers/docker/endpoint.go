package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/moby/client"

	"github.com/ecluster/ecluster/providers"
)

// endpoint says where an engine listens.
type endpoint struct {
	host   string // "unix:///var/run/docker.sock", "tcp://10.0.0.1:2376"
	tlsDir string // ca.pem, cert.pem and key.pem of a Docker context, or ""
	env    bool   // from DOCKER_HOST: its TLS comes from the environment too
}

// findEndpoint follows the order of the docker command: an explicit host,
// DOCKER_HOST, DOCKER_CONTEXT, the current context of Docker's configuration,
// the standard socket.
func findEndpoint(host string, getenv func(string) string) (endpoint, error) {
	if host != "" {
		return endpoint{host: host}, nil
	}
	if host = getenv(client.EnvOverrideHost); host != "" {
		return endpoint{host: host, env: true}, nil
	}
	dir := getenv("DOCKER_CONFIG")
	if dir == "" {
		dir = filepath.Join(getenv("HOME"), ".docker")
	}
	name := getenv("DOCKER_CONTEXT")
	if name == "" {
		var err error
		if name, err = currentContext(dir); err != nil {
			return endpoint{}, err
		}
	}
	if name == "" || name == "default" {
		return endpoint{host: client.DefaultDockerHost}, nil
	}
	return readContext(dir, name)
}

func currentContext(dir string) (string, error) {
	file := filepath.Join(dir, "config.json")
	var config struct {
		CurrentContext string `json:"currentContext"`
	}
	err := readJSON(file, &config)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return config.CurrentContext, err
}

// readContext reads a context as the docker command stores it: a folder named
// for the hash of its name.
func readContext(dir, name string) (endpoint, error) {
	sum := sha256.Sum256([]byte(name))
	hash := hex.EncodeToString(sum[:])
	var meta struct {
		Endpoints map[string]struct{ Host string }
	}
	err := readJSON(filepath.Join(dir, "contexts", "meta", hash, "meta.json"), &meta)
	if err != nil {
		return endpoint{}, fmt.Errorf("find docker context %q: %w; `docker context ls` lists the contexts there are", name, err)
	}
	ep := endpoint{host: meta.Endpoints["docker"].Host}
	if ep.host == "" {
		ep.host = client.DefaultDockerHost
	}
	tlsDir := filepath.Join(dir, "contexts", "tls", hash, "docker")
	if _, err := os.Stat(filepath.Join(tlsDir, "ca.pem")); err == nil {
		ep.tlsDir = tlsDir
	}
	return ep, nil
}

func readJSON(file string, v any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	return nil
}

// options are what the SDK must be told to reach the endpoint.
func (ep endpoint) options(getenv func(string) string) ([]client.Opt, error) {
	scheme, _, _ := strings.Cut(ep.host, "://")
	switch scheme {
	case "unix", "npipe", "tcp", "http", "https":
	case "ssh":
		return nil, invalidHost(ep.host, "an engine behind ssh is not supported; forward its socket "+
			"(ssh -L /tmp/docker.sock:/var/run/docker.sock HOST) and set host = \"unix:///tmp/docker.sock\"")
	default:
		return nil, invalidHost(ep.host, "write it as in DOCKER_HOST, for example \"unix:///var/run/docker.sock\"")
	}
	opts := []client.Opt{client.WithUserAgent("ecluster")}
	if ep.env {
		// The TLS option replaces the transport, so it comes before the host.
		opts = append(opts, client.WithTLSClientConfigFromEnv())
	}
	opts = append(opts, client.WithHost(ep.host))
	if ep.tlsDir != "" {
		file := func(name string) string { return filepath.Join(ep.tlsDir, name) }
		opts = append(opts, client.WithTLSClientConfig(file("ca.pem"), file("cert.pem"), file("key.pem")))
	}
	return append(opts, client.WithAPIVersion(getenv(client.EnvOverrideAPIVersion))), nil
}

func invalidHost(host, advice string) error {
	return &providers.Error{
		Op: "open docker engine", Kind: providers.Invalid,
		Err: fmt.Errorf("host %q can't be used: %s", host, advice),
	}
}

// socketPath returns the path of the engine's Unix socket, or "".
func socketPath(host string) string {
	path, ok := strings.CutPrefix(host, "unix://")
	if !ok {
		return ""
	}
	return path
}

// remoteHost returns the name of the machine that the engine runs on when it
// is reached over the network, or "" when it is this one.
func remoteHost(host string) string {
	u, err := url.Parse(host)
	if err != nil || u.Scheme == "unix" || u.Scheme == "npipe" {
		return ""
	}
	name := u.Hostname()
	if ip := net.ParseIP(name); name == "localhost" || ip != nil && ip.IsLoopback() {
		return ""
	}
	return name
}
