// Package portable writes the record of a cluster into one file and reads it
// back, on the same computer or on another. The file is a tar of known names
// behind a manifest with their hashes; with the keys of the cluster in it, it is
// encrypted with a passphrase (age, scrypt). A file is foreign input: it is read
// whole, within limits, and checked before anything is written. Where records
// live on the disk is the business of internal/state, what may be done with an
// imported cluster that of internal/engine.
package portable
