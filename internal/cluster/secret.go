package cluster

// Secret is a value that must never be shown: it prints as "***" and marshals
// as null, so that it reaches a log or a state file by no accident.
type Secret string

// String hides the value.
func (Secret) String() string { return "***" }

// GoString hides the value from %#v.
func (Secret) GoString() string { return "***" }

// MarshalJSON hides the value.
func (Secret) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// Reveal returns the value itself; call it where the secret is used, not before.
func (s Secret) Reveal() string { return string(s) }
