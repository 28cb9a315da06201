// Package plan decides what to do. It compares the spec that is wanted with
// the state that is recorded and the machines that live, and returns the
// actions that lead from one to the other, in order, with the reason of each.
//
// It is pure: it asks no clock, no cloud and no disk, and the same input
// always gives the same plan; `ecluster plan` prints what `ecluster start`
// would carry out. Carrying it out is internal/engine's business.
package plan
