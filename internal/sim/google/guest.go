package google

import (
	"net/http"
	"strconv"
	"strings"
)

// guestAttributes answers with what the machine published of itself: its host
// keys, as the guest agent does.
func guestAttributes(c *Cloud, r *request) (any, error) {
	c.mu.RLock()
	rec, e := c.instance(r)
	c.mu.RUnlock()
	if e != nil {
		return nil, e
	}
	if !on(metadataValue(rec.obj, "enable-guest-attributes")) {
		return nil, &apiError{status: http.StatusPreconditionFailed, reason: "conditionNotMet", message: "Guest attributes endpoint access is disabled."}
	}
	path, key := r.query.Get("queryPath"), r.query.Get("variableKey")
	namespace, one, _ := strings.Cut(path, "/")
	if key != "" {
		if path != "" {
			return nil, invalid("variableKey", key, "Only one of queryPath and variableKey may be specified.")
		}
		namespace, one, _ = strings.Cut(key, "/")
	}
	var values []any
	if rec.running && (namespace == "hostkeys" || namespace == "") {
		keys, err := c.o.Machines.HostKeys(r.http.Context(), rec.id)
		if err != nil {
			return nil, statusRefusal(http.StatusServiceUnavailable)
		}
		for _, line := range keys {
			words := strings.Fields(line)
			if len(words) >= 2 && (one == "" || one == words[0]) {
				values = append(values, object{"namespace": "hostkeys", "key": words[0], "value": words[1]})
			}
		}
	}
	if len(values) == 0 {
		return nil, &apiError{status: http.StatusNotFound, reason: "notFound", message: "The resource '" + path + key + "' of type 'Guest Attribute' was not found."}
	}
	out := object{"kind": "compute#guestAttributes", "selfLink": rec.url + "/getGuestAttributes"}
	if key != "" {
		out["variableKey"], out["variableValue"] = key, text(values[0], "value")
		return out, nil
	}
	out["queryPath"], out["queryValue"] = path, object{"items": values}
	return out, nil
}

// guest is what must be known of an instance while no lock is held.
type guest struct {
	id      string
	url     string
	obj     object
	running bool
}

func (c *Cloud) instance(r *request) (guest, *apiError) {
	rec, e := c.named(r)
	if e != nil {
		return guest{}, e
	}
	return guest{id: rec.vm.id, url: rec.url(), obj: rec.obj, running: rec.vm.made && text(rec.obj, "status") == "RUNNING"}, nil
}

// serialPort answers with the console's output from a place on.
func serialPort(c *Cloud, r *request) (any, error) {
	c.mu.RLock()
	rec, e := c.instance(r)
	made := e == nil && text(rec.obj, "status") != "PROVISIONING"
	c.mu.RUnlock()
	if e != nil {
		return nil, e
	}
	if !made {
		return nil, notReady(short(rec.url))
	}
	if port := r.query.Get("port"); port != "" && port != "1" {
		return object{"kind": "compute#serialPortOutput", "selfLink": rec.url + "/serialPort", "contents": "", "start": "0", "next": "0"}, nil
	}
	contents, err := c.o.Machines.Console(r.http.Context(), rec.id)
	if err != nil {
		return nil, statusRefusal(http.StatusServiceUnavailable)
	}
	start, _ := strconv.ParseInt(r.query.Get("start"), 10, 64)
	start = min(max(start, 0), int64(len(contents)))
	return object{
		"kind": "compute#serialPortOutput", "selfLink": rec.url + "/serialPort",
		"contents": string(contents[start:]), "start": strconv.FormatInt(start, 10), "next": strconv.Itoa(len(contents)),
	}, nil
}
