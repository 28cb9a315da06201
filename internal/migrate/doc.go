// Package migrate turns the configuration of ElastiCluster into specs of
// ecluster: INI files in, commented HCL and a list of notes out. No option is
// lost in silence: each is converted, or a note says with file and line what
// became of it and why. Secrets never reach the HCL.
//
// The INI files are read here and not by a library: the meaning must be that of
// Python's ConfigParser (continuation lines, DEFAULT, interpolation, the last of
// two options wins), and every option must know its line. The libraries that
// have the one don't have the other.
//
// The package neither prints nor starts anything, and it knows nothing of
// ElastiCluster's records: clusters that run are not taken over.
package migrate
