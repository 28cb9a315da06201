package google

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var protocolNumber = regexp.MustCompile(`^\d{1,3}$`)

func prepareFirewall(c *Cloud, _ *request, o object) *apiError {
	url := text(o, "network")
	if url == "" {
		url = "global/networks/default"
	}
	network, e := c.referTo("networks", "global", "resource.network", url)
	if e != nil {
		return e
	}
	o["network"] = network.url()
	allowed, denied := items(o, "allowed"), items(o, "denied")
	switch {
	case len(allowed) > 0 && len(denied) > 0:
		return invalid("resource", "", "Firewall rule can specify either allowed or denied, not both.")
	case len(allowed)+len(denied) == 0:
		return required("resource.allowed")
	}
	for i, rule := range allowed {
		if e := checkProtocol(fmt.Sprintf("resource.allowed[%d]", i), rule); e != nil {
			return e
		}
	}
	for i, rule := range denied {
		if e := checkProtocol(fmt.Sprintf("resource.denied[%d]", i), rule); e != nil {
			return e
		}
	}
	if priority, has := number(o, "priority"); has && (priority < 0 || priority > 65535) {
		return invalid("resource.priority", fmt.Sprint(priority), "Must be between 0 and 65535.")
	}
	setDefault(o, "priority", 1000)
	setDefault(o, "direction", "INGRESS")
	setDefault(o, "disabled", false)
	setDefault(o, "logConfig", object{"enable": false})
	return checkEnds(o)
}

// checkEnds checks from where to where a rule is.
func checkEnds(o object) *apiError {
	for _, field := range []string{"sourceRanges", "destinationRanges"} {
		for i, v := range items(o, field) {
			s, _ := v.(string)
			_, err := netip.ParsePrefix(s)
			if err != nil {
				_, err = netip.ParseAddr(s)
			}
			if err != nil {
				return invalid(fmt.Sprintf("resource.%s[%d]", field, i), s, "Must be a CIDR address range.")
			}
		}
	}
	for _, field := range []string{"sourceTags", "targetTags"} {
		for i, v := range items(o, field) {
			if s, _ := v.(string); !dnsLabel.MatchString(s) {
				return invalid(fmt.Sprintf("resource.%s[%d]", field, i), s, "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'")
			}
		}
	}
	egress := text(o, "direction") == "EGRESS"
	sources := len(items(o, "sourceRanges")) + len(items(o, "sourceTags")) + len(items(o, "sourceServiceAccounts"))
	switch {
	case egress && (len(items(o, "sourceTags")) > 0 || len(items(o, "sourceServiceAccounts")) > 0):
		return invalid("resource.sourceTags", "", "Egress rules can't have source tags or source service accounts.")
	case egress && len(items(o, "destinationRanges")) == 0:
		o["destinationRanges"] = []any{"0.0.0.0/0"}
	case !egress && sources == 0:
		o["sourceRanges"] = []any{"0.0.0.0/0"}
	}
	return nil
}

func checkProtocol(field string, rule any) *apiError {
	protocol := text(rule, "IPProtocol")
	if protocol == "" {
		return required(field + ".IPProtocol")
	}
	known := []string{"tcp", "udp", "icmp", "esp", "ah", "ipip", "sctp", "all"}
	if !slices.Contains(known, strings.ToLower(protocol)) && !protocolNumber.MatchString(protocol) {
		return invalid(field+".IPProtocol", protocol, "Must be a valid IP protocol name or number.")
	}
	ports := items(rule, "ports")
	if len(ports) > 0 && !slices.Contains([]string{"tcp", "udp", "sctp", "6", "17", "132"}, strings.ToLower(protocol)) {
		return invalid(field+".ports", "", "Ports may only be specified for TCP, UDP or SCTP.")
	}
	for i, v := range ports {
		s, _ := v.(string)
		low, high, isRange := strings.Cut(s, "-")
		if !isRange {
			high = low
		}
		from, err := strconv.ParseUint(low, 10, 16)
		to, err2 := strconv.ParseUint(high, 10, 16)
		if err != nil || err2 != nil || from > to {
			return invalid(fmt.Sprintf("%s.ports[%d]", field, i), s, "Must be an integer between 0 and 65535 or a range of them.")
		}
	}
	return nil
}
