package azure

import (
	"net/http"
	"strings"
)

// consolePath is where the serial logs of machines lie. As in Azure, who has
// the address needs no token: it can't be guessed.
const consolePath = "/boot-diagnostics"

func (c *Cloud) serveConsole(w http.ResponseWriter, r *http.Request) {
	id, file, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, consolePath+"/"), "/")
	if id == "" || file != "serial.log" {
		http.Error(w, "The specified blob does not exist.", http.StatusNotFound)
		return
	}
	text, err := c.options.Machines.Console(r.Context(), id)
	if err != nil {
		http.Error(w, "The specified blob does not exist.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(text) // a client that went away misses it
}
