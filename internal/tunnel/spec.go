package tunnel

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Spec is one tunnel: from a port here to a port there.
type Spec struct {
	Local int    // 0: any free one
	Host  string // a node, or what the frontend knows by that name; "": the frontend
	Port  int
}

// ParseSpec reads "8888" (the same port of the frontend), "8888:8080" (another
// one of the frontend) and "8888:compute001:8888". The first number may be 0.
func ParseSpec(s string) (Spec, error) {
	bad := fmt.Errorf("%q is no tunnel: write 8888, 8888:8080 or 8888:compute001:8888 (a port here, a node, a port there)", s)
	first, rest, more := strings.Cut(s, ":")
	t := Spec{}
	var err error
	if t.Local, err = port(first); err != nil {
		return t, bad
	}
	last := first
	if more {
		last = rest
		if i := strings.LastIndexByte(rest, ':'); i >= 0 {
			last = rest[i+1:]
			t.Host = strings.TrimSuffix(strings.TrimPrefix(rest[:i], "["), "]")
			if t.Host == "" {
				return t, bad
			}
		}
	}
	if t.Port, err = port(last); err != nil || t.Port == 0 {
		return t, bad
	}
	if t.Host == "localhost" {
		t.Host = ""
	}
	return t, nil
}

func port(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	return int(n), err
}

// Remote is the far end, for people.
func (s Spec) Remote(frontend string) string {
	host := s.Host
	if host == "" {
		host = frontend
	}
	return net.JoinHostPort(host, strconv.Itoa(s.Port))
}

// PortTakenError says that somebody else listens on the port here.
type PortTakenError struct {
	Spec Spec
	Free int // a port that is free; 0: none was found
	Err  error
}

// Error names the port.
func (e *PortTakenError) Error() string {
	return fmt.Sprintf("listen on port %d of this computer: it is in use", e.Spec.Local)
}

// Unwrap returns the cause.
func (e *PortTakenError) Unwrap() error { return e.Err }

// Hint proposes another port.
func (e *PortTakenError) Hint() string {
	if e.Free == 0 {
		return "Take 0 as the first number for a port that is free."
	}
	to := strconv.Itoa(e.Spec.Port)
	if e.Spec.Host != "" {
		to = net.JoinHostPort(e.Spec.Host, to)
	}
	return fmt.Sprintf("Port %d is free: write %d:%s", e.Free, e.Free, to)
}
