package aws

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// credential is what belongs to an access key.
type credential struct {
	secret  string
	session string // of temporary ones
	expires time.Time
	arn, id string // of whom they stand for
}

// signature is an Authorization header, taken apart.
type signature struct {
	key, date, region, service string
	headers                    []string
	sum                        string
}

// skew is how far the clock of a client may be from ours.
const skew = 15 * time.Minute

// authenticate checks the signature of a request (Signature Version 4) as the
// service would.
func (c *Cloud) authenticate(r *http.Request, body []byte, service string, s signature) (credential, *failure) {
	if s.sum == "" {
		return credential{}, denial(service, "MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	c.mu.RLock()
	who, known := c.keys[s.key]
	c.mu.RUnlock()
	if !known || who.session != r.Header.Get("X-Amz-Security-Token") {
		return who, invalidKey(service)
	}
	if s.service != service {
		return who, denial(service, "SignatureDoesNotMatch", "Credential should be scoped to correct service: '%s'.", service)
	}
	if c.regions[s.region] == nil {
		return who, denial(service, "SignatureDoesNotMatch", "Credential should be scoped to a valid region.")
	}
	stamp := r.Header.Get("X-Amz-Date")
	at, err := time.Parse("20060102T150405Z", stamp)
	if err != nil || !strings.HasPrefix(stamp, s.date) {
		return who, denial(service, "IncompleteSignature", "Date must be in ISO-8601 'basic format'. Got '%s'.", stamp)
	}
	now := c.o.Now().UTC()
	switch {
	case at.Before(now.Add(-skew)):
		if service == ec2 {
			return who, refuse("RequestExpired", "Request has expired.")
		}
		return who, denial(service, "SignatureDoesNotMatch", "Signature expired: %s is now earlier than %s (%s - 15 min.)",
			stamp, now.Add(-skew).Format("20060102T150405Z"), now.Format("20060102T150405Z"))
	case at.After(now.Add(skew)):
		return who, denial(service, "SignatureDoesNotMatch", "Signature not yet current: %s is still later than %s (%s + 15 min.)",
			stamp, now.Add(skew).Format("20060102T150405Z"), now.Format("20060102T150405Z"))
	}
	if !hmac.Equal([]byte(s.sum), []byte(s.compute(r, body, who.secret, stamp))) {
		if service == ec2 {
			return who, invalidKey(service)
		}
		return who, denial(service, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. "+
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	if !who.expires.IsZero() && now.After(who.expires) {
		switch service {
		case ec2:
			return who, refuse("RequestExpired", "Request has expired.")
		case sts:
			return who, denial(service, "ExpiredToken", "The security token included in the request is expired")
		}
		return who, denial(service, "ExpiredTokenException", "The security token included in the request is expired")
	}
	return who, nil
}

// invalidKey is how each service says that it does not know a key.
func invalidKey(service string) *failure {
	switch service {
	case ec2:
		return refuse("AuthFailure", "AWS was not able to validate the provided access credentials")
	case sts:
		return refuse("InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	return refuse("UnrecognizedClientException", "The security token included in the request is invalid.")
}

// denial gives a code the ending that the services of the JSON protocol use.
func denial(service, code, format string, args ...any) *failure {
	if service == serviceQuotas || service == pricing {
		switch code {
		case "SignatureDoesNotMatch":
			code = "InvalidSignatureException"
		case "MissingAuthenticationToken", "IncompleteSignature":
			code += "Exception"
		}
	}
	return refuse(code, format, args...)
}

// readSignature takes the Authorization header apart; the sum is empty when it
// is none.
func readSignature(header string) signature {
	rest, ok := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
	if !ok {
		return signature{}
	}
	var s signature
	for field := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			if parts := strings.Split(value, "/"); len(parts) == 5 && parts[4] == "aws4_request" {
				s.key, s.date, s.region, s.service = parts[0], parts[1], parts[2], parts[3]
			}
		case "SignedHeaders":
			s.headers = strings.Split(value, ";")
		case "Signature":
			s.sum = value
		}
	}
	if s.key == "" || !slices.Contains(s.headers, "host") {
		return signature{}
	}
	return s
}

// compute is the signature that this request ought to have.
func (s signature) compute(r *http.Request, body []byte, secret, stamp string) string {
	var canonical strings.Builder
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	query := strings.ReplaceAll(mustQuery(r.URL.RawQuery).Encode(), "+", "%20")
	canonical.WriteString(r.Method + "\n" + path + "\n" + query + "\n")
	for _, name := range s.headers {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = r.Header.Get("Content-Length")
		}
		canonical.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	canonical.WriteString("\n" + strings.Join(s.headers, ";") + "\n" + hash(body))
	scope := strings.Join([]string{s.date, s.region, s.service, "aws4_request"}, "/")
	toSign := "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hash([]byte(canonical.String()))
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.region, s.service, "aws4_request"} {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, toSign))
}

func mustQuery(raw string) url.Values {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return url.Values{} // then no signature fits
	}
	return q
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
