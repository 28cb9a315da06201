package aws

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// scalar converts a value and holds it against its shape.
func (d *decoder) scalar(text string, s *shape, path string) any {
	switch s.Type {
	case typeInteger, typeLong:
		bits := 32
		if s.Type == typeLong {
			bits = 64
		}
		n, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			d.complain(wrongValue, path, "%q is no integer of %d bits", text, bits)
			return nil
		}
		d.bounds(float64(n), s, path, "")
		return int(n)
	case typeDouble, typeFloat:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			d.complain(wrongValue, path, "%q is no number", text)
			return nil
		}
		d.bounds(f, s, path, "")
		return f
	case typeBoolean:
		if text != "true" && text != "false" {
			d.complain(wrongValue, path, "%q is neither true nor false", text)
			return nil
		}
		return text == "true"
	case typeTimestamp:
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			d.complain(wrongValue, path, "%q is no time in ISO 8601", text)
			return nil
		}
		return t
	}
	if s.Enum != nil && !slices.Contains(s.Enum, text) {
		d.complain(wrongValue, path, "%q is none of %s", text, strings.Join(s.Enum, ", "))
	}
	d.bounds(float64(utf8.RuneCountInString(text)), s, path, "characters")
	if s.Pattern != "" {
		if re, err := regexp.Compile("^(?:" + s.Pattern + ")$"); err == nil && !re.MatchString(text) {
			d.complain(wrongValue, path, "%q does not match %s", text, s.Pattern)
		}
	}
	return text
}

func (d *decoder) bounds(n float64, s *shape, path, unit string) {
	if unit != "" {
		unit = " " + unit
	}
	if s.Min != nil && n < *s.Min {
		d.complain(wrongValue, path, "%v%s, at least %v", n, unit, *s.Min)
	}
	if s.Max != nil && n > *s.Max {
		d.complain(wrongValue, path, "%v%s, at most %v", n, unit, *s.Max)
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
