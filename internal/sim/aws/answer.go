package aws

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
)

// invalid is how a service says what its schema has against a request.
func (a *call) invalid(p problem) *failure {
	switch a.service {
	case sts:
		if p.kind == missingParameter {
			return violates("ValidationError", "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", p.path)
		}
		return violates("ValidationError", "1 validation error detected: %s", p)
	case serviceQuotas:
		return violates("IllegalArgumentException", "%s", p)
	case pricing:
		return violates("InvalidParameterException", "%s", p)
	}
	switch p.kind {
	case unknownParameter:
		return violates("UnknownParameter", "The parameter %s is not recognized", p.path)
	case missingParameter:
		return missing(p.path)
	case wrongFormat:
		return violates("MalformedQueryString", "The query string is malformed: %s", p)
	case wrongValue:
	}
	return violates("InvalidParameterValue", "Invalid value for %s", p)
}

// encode writes an answer in the protocol of the service.
func (a *call) encode(out object) ([]byte, error) {
	op := a.model.Operations[a.op]
	if a.service == serviceQuotas || a.service == pricing {
		answer, err := json.Marshal(plain(out))
		if err != nil {
			return nil, fmt.Errorf("answer %s: %w", a.op, err)
		}
		return answer, nil
	}
	e := &encoder{model: a.model, item: "item"}
	e.out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	fmt.Fprintf(&e.out, `<%sResponse xmlns="%s">`, a.op, a.model.Metadata.Namespace)
	s := &shape{}
	if op.Output != nil {
		s = a.model.Shapes[op.Output.Shape]
	}
	if a.service == sts {
		e.item = "member"
		fmt.Fprintf(&e.out, "<%s>", op.Output.ResultWrapper)
		if err := e.structure(out, s); err != nil {
			return nil, err
		}
		fmt.Fprintf(&e.out, "</%s><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>", op.Output.ResultWrapper, a.id)
	} else {
		fmt.Fprintf(&e.out, "<requestId>%s</requestId>", a.id)
		if op.Output == nil {
			e.out.WriteString("<return>true</return>")
		}
		if err := e.structure(out, s); err != nil {
			return nil, err
		}
	}
	fmt.Fprintf(&e.out, "</%sResponse>", a.op)
	return e.out.Bytes(), nil
}

// plain is a tree as JSON has it.
func plain(v any) any {
	switch v := v.(type) {
	case object:
		m := map[string]any{}
		for name, x := range v {
			if x != nil {
				m[name] = plain(x)
			}
		}
		return m
	case list:
		l := make([]any, len(v))
		for i, x := range v {
			l[i] = plain(x)
		}
		return l
	}
	return v
}

// errorBody writes a refusal in the protocol of the service.
func (a *call) errorBody(f *failure) []byte {
	var b bytes.Buffer
	text := func(s string) string {
		var e bytes.Buffer
		_ = xml.EscapeText(&e, []byte(s)) // a buffer takes everything
		return e.String()
	}
	switch a.service {
	case serviceQuotas, pricing:
		body, err := json.Marshal(map[string]string{"__type": f.code, "message": f.message})
		if err != nil {
			return nil
		}
		return body
	case sts:
		fmt.Fprintf(&b, `<ErrorResponse xmlns="%s"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>`,
			a.model.Metadata.Namespace, text(f.code), text(f.message), a.id)
	default:
		fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>`,
			text(f.code), text(f.message), a.id)
	}
	return b.Bytes()
}

func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	s := hex.EncodeToString(b[:])
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}
