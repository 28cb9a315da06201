package remote

import "strings"

// CommandLine makes one line for the remote shell of the words that the user
// typed after "--". A single word is a line already, so that
// -- 'cd work && ls' works; of several words each arrives as it is, so that
// -- sbatch --wrap 'hostname; date' works. (OpenSSH joins words with spaces
// and lets the remote shell take them apart anew.)
func CommandLine(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = Quote(w)
	}
	return strings.Join(quoted, " ")
}

// Quote makes one word of s for a POSIX shell, readable where it needs no quotes.
func Quote(s string) string {
	plain := s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+:,./-_", r)
	}) < 0
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
