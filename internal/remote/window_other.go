//go:build !unix

package remote

import "os"

// windowChanges yields nothing: there is no signal for it here.
func windowChanges() (changes <-chan os.Signal, stop func()) { return nil, func() {} }

// signalName is the name of a signal in the SSH protocol; only Ctrl-C exists here.
func signalName(os.Signal) string { return "INT" }

// signalStatus is the exit status by which shells report Ctrl-C.
func signalStatus(os.Signal) int { return 130 }
