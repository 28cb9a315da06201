package azure

import (
	"regexp"
	"strings"

	"github.com/ecluster/ecluster/providers"
)

// rewordings make Azure's longest messages fit on a screen: what they leave
// out is of no use to who reads them there.
var rewordings = []struct {
	pattern *regexp.Regexp
	text    string
}{
	// Who asks is known to who reads, and the object id helps nobody.
	{regexp.MustCompile(`^The client '([^']*)' with object id '[^']*' does not have authorization to perform action '([^']*)' over scope '([^']*)'.*$`), "'$1' may not do $2 on $3"},
	{regexp.MustCompile(`^The client '([^']*)' with object id '[^']*' has permission to perform action '([^']*)' on scope '[^']*'; however, it does not have permission to perform action\(s\) '([^']*)' on the linked scope\(s\) '([^']*)'.*$`), "'$1' may do $2, but not $3 on $4"},
	// A form with all its fields in its address, and pages about quotas.
	{regexp.MustCompile(` Setup Alerts when Quota reaches threshold\..*$`), ""},
	{regexp.MustCompile(` ?(Submit a request for Quota increase|Please read more about quota limits) at .*$`), ""},
	// Ids and definitions as JSON: the first name tells most.
	{regexp.MustCompile(` Policy identifiers: '.*?"policyAssignment":\{"name":"([^"]*)".*$`), " The policy is called '$1'"},
}

// reword shortens a message of Azure. It does not end with a full stop: advice
// or a bracket follows.
func reword(message string) string {
	for _, r := range rewordings {
		message = r.pattern.ReplaceAllString(message, r.text)
	}
	return strings.TrimSuffix(strings.TrimSpace(message), ".")
}

// hint is the next action that an answer calls for, "" when there is no
// particular one.
func (e *cloudError) hint() string {
	if hint := hints[strings.ToLower(e.Code)]; hint != "" {
		return hint
	}
	switch kindOf(e.Status, e.Message, e.Code) {
	case providers.Quota:
		return "ask for more at https://portal.azure.com/#view/Microsoft_Azure_Capacity/QuotaMenuBlade/~/myQuotas, or lower count"
	case providers.Capacity:
		return "add zones or machine_types, or try later"
	default:
		return ""
	}
}
