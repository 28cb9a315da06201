package aws

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// encoder writes an answer as the schema says; a value for which the schema
// has no place is a mistake of the simulator.
type encoder struct {
	model *model
	// item is the element of each member of a list: "item", or "member" in the
	// Query protocol proper.
	item string
	out  bytes.Buffer
}

// structure writes the members of a structure, in the order of their names.
func (e *encoder) structure(o object, s *shape) error {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		r, known := s.Members[name]
		if !known {
			return fmt.Errorf("answer %s: not in the schema", name)
		}
		if o[name] == nil {
			continue
		}
		if err := e.value(r.xmlName(name), o[name], e.model.Shapes[r.Shape]); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) value(element string, v any, s *shape) error {
	e.out.WriteString("<" + element + ">")
	if err := e.content(element, v, s); err != nil {
		return err
	}
	e.out.WriteString("</" + element + ">")
	return nil
}

func (e *encoder) content(element string, v any, s *shape) error {
	text, kind := "", typeString
	switch v := v.(type) {
	case object:
		if s.Type == typeStructure {
			return e.structure(v, s)
		}
		kind = typeStructure
	case list:
		if s.Type == typeList {
			for _, item := range v {
				if err := e.value(e.item, item, e.model.Shapes[s.Member.Shape]); err != nil {
					return err
				}
			}
			return nil
		}
		kind = typeList
	case string:
		text = v
	case int:
		text, kind = strconv.Itoa(v), typeInteger
	case float64:
		text, kind = strconv.FormatFloat(v, 'f', -1, 64), typeDouble
	case bool:
		text, kind = strconv.FormatBool(v), typeBoolean
	case time.Time:
		text, kind = v.UTC().Format("2006-01-02T15:04:05.000Z"), typeTimestamp
	}
	if kind != s.Type && (kind != typeInteger || s.Type != typeLong) && (kind != typeDouble || s.Type != typeFloat) {
		return fmt.Errorf("answer %s: %T for a %s", element, v, s.Type)
	}
	return xml.EscapeText(&e.out, []byte(text))
}
