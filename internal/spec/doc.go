// Package spec is the spec language: it finds the HCL files, evaluates
// variables, locals and functions, checks every block, expands the sugar
// (scheduler, share) into roles, and returns the cluster that is wanted as
// plain data. Every mistake is a diagnostic with file and line. It talks to no
// cloud and no node, and it neither plans nor prints.
package spec
