package state

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
)

// alphabet is Crockford's base 32 in lower case, letters first: no i, l, o or
// u, so that an ID can be read out and typed.
const alphabet = "abcdefghjkmnpqrstvwxyz0123456789"

// Origin is where the unpredictable parts of a new state come from.
type Origin struct {
	Tool string // name and version of this program
	Now  time.Time
	Rand io.Reader // crypto/rand.Reader; New panics when it fails, as crypto/rand never does
}

// NewID returns a random cluster ID: eight characters, the first a letter.
func NewID(random io.Reader) cluster.ID {
	first := randomText(random, 1)
	for first[0] < 'a' {
		first = randomText(random, 1)
	}
	return cluster.ID(first + randomText(random, 7))
}

// NewToken returns the idempotency token of one attempt: 80 random bits.
func NewToken(random io.Reader) string { return randomText(random, 16) }

func randomText(random io.Reader, n int) string {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		panic(fmt.Sprintf("state: the source of randomness failed: %v", err))
	}
	for i := range b {
		b[i] = alphabet[b[i]%byte(len(alphabet))]
	}
	return string(b)
}

// HashSpec identifies the content of a spec.
func HashSpec(spec *cluster.Spec) string {
	// A Spec is plain data that came from JSON-able values: it always encodes.
	data, err := json.Marshal(spec)
	if err != nil {
		panic(fmt.Sprintf("state: a spec is not plain data: %v", err))
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// CompareNames orders nodes for people: by group, then by index as a number.
func CompareNames(a, b cluster.NodeName) int { return cluster.CompareNodes(a, b) }
