// Package e2e holds the tests of whole lives: they build ecluster, run it as a
// user would against a real Docker engine, and compare everything that the
// engine has before and after. There is no code here but tests.
//
// Without ECLUSTER_E2E=1 only what `make test` needs is run; `make e2e` sets it.
package e2e
