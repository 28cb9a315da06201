package aws

// object is a structure of the schema: values by the names of its members.
// Values are string, int, float64, bool, time.Time, object and list; what a
// request did not send, and an answer does not say, is absent or nil.
type object map[string]any

// list is a list of the schema.
type list []any

func (o object) has(name string) bool { return o[name] != nil }

func (o object) str(name string) string {
	s, _ := o[name].(string)
	return s
}

func (o object) int(name string, absent int) int {
	if n, ok := o[name].(int); ok {
		return n
	}
	return absent
}

func (o object) flag(name string, absent bool) bool {
	if b, ok := o[name].(bool); ok {
		return b
	}
	return absent
}

// obj is never nil.
func (o object) obj(name string) object {
	if m, ok := o[name].(object); ok {
		return m
	}
	return object{}
}

func (o object) objs(name string) []object {
	l, _ := o[name].(list)
	out := make([]object, 0, len(l))
	for _, v := range l {
		if m, ok := v.(object); ok {
			out = append(out, m)
		}
	}
	return out
}

func (o object) strs(name string) []string {
	l, _ := o[name].(list)
	out := make([]string, 0, len(l))
	for _, v := range l {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// listOf makes a list of anything.
func listOf[T any](items []T, f func(T) any) list {
	out := make(list, len(items))
	for i, item := range items {
		out[i] = f(item)
	}
	return out
}

func stringList(items []string) list {
	return listOf(items, func(s string) any { return s })
}

// orNil leaves a member out when there is nothing to say.
func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
