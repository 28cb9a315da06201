package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ecluster/ecluster/internal/cluster"
)

// A state file is one JSON object. Its header comes first and in one line, so
// that version, serial and checksum can be read without reading the rest:
//
//	{"version":1,"serial":7,"lineage":"…","sha256":"…","state":
//	{…}}
//
// The checksum is of the exact bytes of the value of "state".
type header struct {
	Version int    `json:"version"`
	Serial  uint64 `json:"serial"`
	Lineage string `json:"lineage"`
	SHA256  string `json:"sha256"`
}

const (
	headerEnd = `,"state":` + "\n"
	headerMax = 1024 // more than the longest header
)

// decoder reads the bytes of a whole state file of one version and returns
// the state as the current version has it.
type decoder func(data []byte) (*State, error)

// decoders has one entry for each version that was ever released.
func decoders() map[int]decoder {
	return map[int]decoder{Version: decodeV1}
}

// Encode returns the content of a state file. The caller has set Serial.
func Encode(s *State) ([]byte, error) {
	s.Version = Version
	body, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode state %s: %w", s.Name, err)
	}
	sum := sha256.Sum256(body)
	head, err := json.Marshal(header{s.Version, s.Serial, s.Lineage, hex.EncodeToString(sum[:])})
	if err != nil {
		return nil, fmt.Errorf("encode state %s: %w", s.Name, err)
	}
	out := make([]byte, 0, len(head)+len(headerEnd)+len(body)+2)
	out = append(out, head[:len(head)-1]...)
	out = append(out, headerEnd...)
	out = append(out, body...)
	return append(out, '}', '\n'), nil
}

// Decode reads the content of a state file of any known version. Its errors
// are *versionError or *damageError; Store gives them a name and a path.
func Decode(data []byte) (*State, error) { return decode(data, decoders()) }

func decode(data []byte, known map[int]decoder) (*State, error) {
	version, tool, err := sniff(data)
	if err != nil {
		return nil, err
	}
	read, ok := known[version]
	switch {
	case ok:
		return read(data)
	case version > Version:
		return nil, &versionError{version: version, tool: tool}
	default:
		return nil, &damageError{Malformed, fmt.Sprintf("its version is %d, which no ecluster ever wrote", version)}
	}
}

// sniff finds the version, whatever the rest of the file looks like, and the
// program that wrote it where that can be found.
func sniff(data []byte) (version int, tool string, err error) {
	if h, _, err := split(data); err == nil && h.Version == Version {
		return h.Version, "", nil
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return 0, "", &damageError{Truncated, "it is empty"}
	}
	var file struct {
		Version json.RawMessage `json:"version"`
		State   struct {
			Tool string `json:"tool"`
		} `json:"state"`
	}
	var wrongType *json.UnmarshalTypeError
	if err := json.Unmarshal(data, &file); err != nil && !errors.As(err, &wrongType) {
		return 0, "", syntaxDamage(data, err)
	}
	if json.Unmarshal(file.Version, &version) != nil {
		return 0, "", &damageError{Malformed, "it has no version"}
	}
	return version, file.State.Tool, nil
}

// syntaxDamage tells a file that ends too early from one that is no JSON.
func syntaxDamage(data []byte, err error) error {
	var value json.RawMessage
	if errors.Is(json.NewDecoder(bytes.NewReader(data)).Decode(&value), io.ErrUnexpectedEOF) {
		return &damageError{Truncated, fmt.Sprintf("it ends in the middle, after %d bytes", len(data))}
	}
	return &damageError{Malformed, fmt.Sprintf("it is not JSON: %v", err)}
}

// split cuts a file into its header and its body.
func split(data []byte) (header, []byte, error) {
	at := bytes.Index(data[:min(len(data), headerMax)], []byte(headerEnd))
	if at < 0 {
		return header{}, nil, fmt.Errorf("no header")
	}
	var h header
	if err := json.Unmarshal(append(bytes.Clone(data[:at]), '}'), &h); err != nil {
		return header{}, nil, fmt.Errorf("read header: %w", err)
	}
	return h, data[at+len(headerEnd):], nil
}

// decodeV1 reads version 1. Fields that version 1 does not have are an error:
// to drop what a newer program wrote would lose it with the next write.
func decodeV1(data []byte) (*State, error) {
	h, body, err := split(data)
	if err != nil {
		return nil, &damageError{Edited, "its first line was changed"}
	}
	body, whole := bytes.CutSuffix(bytes.TrimRight(body, "\n"), []byte{'}'})
	if sum := sha256.Sum256(body); !whole || hex.EncodeToString(sum[:]) != h.SHA256 {
		var value json.RawMessage
		if err := json.Unmarshal(data, &value); err != nil {
			return nil, syntaxDamage(data, err)
		}
		return nil, &damageError{Edited, "its checksum does not fit its content"}
	}
	s := &State{}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(s); err != nil {
		return nil, &damageError{Malformed, err.Error()}
	}
	if s.Version != h.Version || s.Serial != h.Serial || s.Lineage != h.Lineage {
		return nil, &damageError{Edited, "its first line was changed"}
	}
	if err := s.check(); err != nil {
		return nil, &damageError{Malformed, err.Error()}
	}
	s.fill()
	return s, nil
}

// fill makes the maps that JSON left out.
func (s *State) fill() {
	if s.Wanted == nil {
		s.Wanted = map[cluster.GroupName]Wanted{}
	}
	if s.Nodes == nil {
		s.Nodes = map[cluster.NodeName]*cluster.Node{}
	}
	if s.Notes == nil {
		s.Notes = map[string]string{}
	}
}
