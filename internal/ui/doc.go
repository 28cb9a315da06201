// Package ui is the only package that prints. It renders events for a
// terminal (Live), a log (Plain) or a program (JSON), and gives commands
// tables, values, diagnostics, errors, the summary of a run and a question.
//
// It decides how something looks, never what happens: nothing here reads a
// spec, a state or a cloud, and no sink can slow the work down, because Emit
// only takes notes and a goroutine of the sink does the writing.
package ui
