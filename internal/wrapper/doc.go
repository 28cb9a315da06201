// Package wrapper holds the tests of ecluster.sh, the script that runs ecluster
// from its container image. They run it in dash, bash and busybox's shell, on
// machines that are made up of programs that pretend: engines, package managers,
// systems. What real engines do is tested in internal/e2e.
package wrapper
