// Package clouds tests the program whole against the simulated clouds: the
// real commands, engine, drivers and SDKs, over HTTP, with machines that are
// SSH servers of the test's own process. What needs real nodes is in the
// package above.
package clouds
