// Package fanout runs one command on many nodes at once and folds the answers
// that are alike. How a node is reached, and how answers look, is decided
// elsewhere.
package fanout
