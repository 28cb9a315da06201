package role

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ecluster/ecluster/internal/event"
)

// maxLine bounds a line of the runner's: the largest is a piece of output.
const maxLine = 1 << 20

// wireMessage is one line of the runner's standard output. All values are
// strings, and each may stand under its name with "_b64" added instead.
type wireMessage map[string]string

// decodeLine reads one line. Errors describe lines that the runner can't have
// written.
func decodeLine(line []byte) (wireMessage, error) {
	var raw map[string]string
	if err := json.Unmarshal(line, &raw); err != nil {
		return nil, fmt.Errorf("decode event: %w", err)
	}
	m := make(wireMessage, len(raw))
	for name, value := range raw {
		const suffix = "_b64"
		if n := len(name) - len(suffix); n > 0 && name[n:] == suffix {
			data, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				return nil, fmt.Errorf("decode event: %s: %w", name, err)
			}
			name, value = name[:n], string(data)
		}
		m[name] = value
	}
	if m["type"] == "" {
		return nil, errors.New("decode event: it has no type")
	}
	return m, nil
}

// number returns a field that counts something; 0 when it is absent or odd.
func (m wireMessage) number(name string) int {
	n, err := strconv.Atoi(m[name])
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// message is the typed form of what the user of a Session sees, and false for
// what the Session itself handles and for types that it does not know.
func (m wireMessage) message() (Message, bool) {
	switch m["type"] {
	case "phase":
		return PhaseStarted{Phase: Phase(m["phase"])}, true
	case "step_started":
		return StepStarted{Role: m["role"], Step: m["step"]}, true
	case "step_finished":
		return StepFinished{
			Role: m["role"], Step: m["step"], Outcome: m.outcome(), Message: clip(m["message"]),
			Duration: time.Duration(m.number("ms")) * time.Millisecond,
		}, true
	case "fact":
		return FactSet{Name: m["name"], Value: m["value"]}, true
	case "waiting":
		return Waiting{Fact: m["fact"]}, true
	case "notice":
		level := event.Info
		if m["level"] == string(event.Warning) {
			level = event.Warning
		}
		return Notice{Level: level, Role: m["role"], Step: m["step"], Text: clip(m["text"])}, true
	case "serving":
		return Serving{}, true
	}
	return nil, false
}

func (m wireMessage) outcome() event.Outcome {
	switch o := event.Outcome(m["outcome"]); o {
	case event.Changed, event.Unchanged:
		return o
	default:
		return event.Failed
	}
}
