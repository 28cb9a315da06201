package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/portable"
	"github.com/ecluster/ecluster/internal/ui"
)

// passphraseVar names the file of a passphrase where no flag does. The
// passphrase itself stands in no variable and on no command line.
const passphraseVar = "ECLUSTER_PASSPHRASE_FILE"

// maxPassphrase is how many bytes of such a file are read at most.
const maxPassphrase = 4096

func passphraseFlag(flags *pflag.FlagSet, file *string) {
	flags.StringVar(file, "passphrase-file", "", "read the passphrase from the first line of `FILE`, as in /dev/fd/3 (default $"+passphraseVar+", or ask)")
}

// newPassphrase is for what is encrypted now: it is asked twice.
func (c *command) newPassphrase(ctx context.Context, file string) (cluster.Secret, error) {
	secret, asked, err := c.passphrase(ctx, file, "Passphrase for the archive:")
	if err != nil {
		return "", err
	}
	if len(secret) < portable.LeastPassphrase {
		return "", fmt.Errorf("the passphrase has %d characters; with at least %d nobody guesses it soon", len(secret), portable.LeastPassphrase)
	}
	if !asked {
		return secret, nil
	}
	again, err := ui.Passphrase(ctx, c.Streams, "The same again:")
	if err != nil {
		return "", err
	}
	if again != secret {
		return "", errors.New("the two passphrases differ; nothing was written")
	}
	return secret, nil
}

// passphrase is read from a file, or asked for.
func (c *command) passphrase(ctx context.Context, file, question string) (_ cluster.Secret, asked bool, err error) {
	if file == "" {
		file, _ = c.LookupEnv(passphraseVar)
	}
	if file != "" {
		secret, err := readPassphrase(file)
		return secret, false, err
	}
	secret, err := ui.Passphrase(ctx, c.Streams, question)
	if errors.Is(err, ui.ErrNotConfirmed) {
		err = fmt.Errorf("nobody can be asked for the passphrase without a terminal: give --passphrase-file FILE, or set %s", passphraseVar)
	}
	return secret, true, err
}

func readPassphrase(path string) (cluster.Secret, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read passphrase: %w", err)
	}
	defer f.Close() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxPassphrase+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read passphrase: %w", err)
	case len(text) > maxPassphrase:
		return "", fmt.Errorf("read passphrase: %s has more than %d bytes", path, maxPassphrase)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", fmt.Errorf("read passphrase: the first line of %s is empty", path)
	}
	return cluster.Secret(line), nil
}
