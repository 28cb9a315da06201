package google

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// What the documentation says about values and the schema does not.

// labelLength is the most characters of a label's key and value. It is not in the
// expressions: compiled, they took most of the start of every command.
const labelLength = 63

var (
	labelKey    = regexp.MustCompile(`^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]*$`)
	labelValue  = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{N}_-]*$`)
	metadataKey = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)
	dnsLabel    = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)
	hostName    = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$`)
	account     = regexp.MustCompile(`^(default|[a-z0-9.-]+@[a-z0-9.-]+)$`)
)

const (
	labelsLimit        = 64
	tagsLimit          = 64
	metadataValueLimit = 256 << 10
	metadataLimit      = 512 << 10
)

func checkLabels(field string, o object) *apiError {
	labels, _ := o["labels"].(object)
	if len(labels) > labelsLimit {
		return invalid(field, "", fmt.Sprintf("The resource has %d labels; it can have at most %d.", len(labels), labelsLimit))
	}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if !labelKey.MatchString(key) || utf8.RuneCountInString(key) > labelLength {
			return invalid(field, "", fmt.Sprintf("Label key '%s' violates format constraints. The key must start with a lowercase character, can only contain lowercase letters, numeric characters, underscores and dashes. The key can be at most 63 characters long. International characters are allowed.", key))
		}
		if value := text(labels, key); !labelValue.MatchString(value) || utf8.RuneCountInString(value) > labelLength {
			return invalid(field, "", fmt.Sprintf("Label value '%s' violates format constraints. The value can only contain lowercase letters, numeric characters, underscores and dashes. The value can be at most 63 characters long. International characters are allowed.", value))
		}
	}
	return nil
}

func checkMetadata(field string, o object) *apiError {
	seen, size := map[string]bool{}, 0
	for i, item := range items(o, "items") {
		key, value := text(item, "key"), text(item, "value")
		at := fmt.Sprintf("%s.items[%d]", field, i)
		size += len(key) + len(value)
		switch {
		case !metadataKey.MatchString(key):
			return invalid(at+".key", key, "Must be a match of regex '[a-zA-Z0-9-_]{1,128}'")
		case seen[key]:
			return invalid(at+".key", key, "Metadata has duplicate key: "+key)
		case len(value) > metadataValueLimit:
			return invalid(at+".value", "", fmt.Sprintf("Value for metadata key '%s' is too large: maximum size %d character(s); actual size %d.", key, metadataValueLimit, len(value)))
		case !utf8.ValidString(value):
			return invalid(at+".value", "", "Must be UTF-8.")
		}
		seen[key] = true
	}
	if size > metadataLimit {
		return invalid(field, "", fmt.Sprintf("Metadata size %d is larger than the limit of %d.", size, metadataLimit))
	}
	return nil
}

func checkTags(field string, o object) *apiError {
	seen := map[string]bool{}
	tags := items(o, "items")
	if len(tags) > tagsLimit {
		return invalid(field+".items", "", fmt.Sprintf("Too many tags: %d. The limit is %d.", len(tags), tagsLimit))
	}
	for i, tag := range tags {
		name, _ := tag.(string)
		if !dnsLabel.MatchString(name) {
			return invalid(fmt.Sprintf("%s.items[%d]", field, i), name, "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'")
		}
		if seen[name] {
			return invalid(field+".items", name, "Tags contain a duplicate.")
		}
		seen[name] = true
	}
	return nil
}

// metadataValue returns an item of an instance's metadata, or "".
func metadataValue(o any, key string) string {
	for _, item := range items(o, "metadata", "items") {
		if text(item, "key") == key {
			return text(item, "value")
		}
	}
	return ""
}

// on reports whether a metadata value switches something on.
func on(value string) bool {
	return slices.Contains([]string{"true", "y", "yes", "1"}, strings.ToLower(value))
}
