package cluster

import (
	"fmt"
	"strconv"
	"strings"
)

// Bytes is an amount of memory or storage.
type Bytes int64

// Binary multiples.
const (
	KiB Bytes = 1 << 10
	MiB Bytes = 1 << 20
	GiB Bytes = 1 << 30
	TiB Bytes = 1 << 40
)

var byteUnits = map[string]Bytes{
	"": 1, "B": 1,
	"K": KiB, "KB": KiB, "KIB": KiB,
	"M": MiB, "MB": MiB, "MIB": MiB,
	"G": GiB, "GB": GiB, "GIB": GiB,
	"T": TiB, "TB": TiB, "TIB": TiB,
}

// ParseBytes reads "512MB", "1.5 GiB" or "4096". All units are binary, as
// they are for Docker and SLURM.
func ParseBytes(s string) (Bytes, error) {
	t := strings.TrimSpace(s)
	i := len(strings.TrimRight(t, "BKMGTIbkmgti "))
	unit, known := byteUnits[strings.ToUpper(strings.TrimSpace(t[i:]))]
	n, err := strconv.ParseFloat(t[:i], 64)
	if err != nil || !known || n < 0 || n*float64(unit) > 1<<62 {
		return 0, fmt.Errorf("%q is not an amount of memory; write for example \"512MB\" or \"2GB\"", s)
	}
	return Bytes(n * float64(unit)), nil
}

// MiB returns the amount in whole mebibytes.
func (b Bytes) MiB() int64 { return int64(b / MiB) }

// String prints the amount in the largest unit that leaves at least 1.
func (b Bytes) String() string {
	for _, u := range []struct {
		size Bytes
		name string
	}{{TiB, "TB"}, {GiB, "GB"}, {MiB, "MB"}, {KiB, "KB"}} {
		if b >= u.size {
			s := strconv.FormatFloat(float64(b)/float64(u.size), 'f', 1, 64)
			return strings.TrimSuffix(s, ".0") + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10) + "B"
}
