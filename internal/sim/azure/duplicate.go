package azure

import (
	"encoding/json"
	"strings"
)

// sound refuses bodies in which a name occurs twice: the decoder would take
// one of the two values without a word.
func sound(q *request) *failure {
	d := json.NewDecoder(strings.NewReader(string(q.raw)))
	if name := duplicate(d); name != "" {
		return malformed("InvalidRequestContent", "The request content was invalid and could not be deserialized: 'The property '%s' occurs twice.'.", name)
	}
	return nil
}

// duplicate returns a name that occurs twice in an object, or "".
func duplicate(d *json.Decoder) string {
	var seen []map[string]bool // a level; nil for lists
	key := false
	for {
		t, err := d.Token()
		if err != nil {
			return ""
		}
		switch t {
		case json.Delim('{'):
			seen, key = append(seen, map[string]bool{}), true
			continue
		case json.Delim('['):
			seen, key = append(seen, nil), false
			continue
		case json.Delim('}'), json.Delim(']'):
			seen = seen[:len(seen)-1]
			key = len(seen) > 0 && seen[len(seen)-1] != nil
			continue
		}
		if len(seen) == 0 || seen[len(seen)-1] == nil {
			continue
		}
		if name, is := t.(string); is && key {
			if seen[len(seen)-1][name] {
				return name
			}
			seen[len(seen)-1][name] = true
			key = false
			continue
		}
		key = true
	}
}
