package portable

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/ecluster/ecluster/internal/cluster"
)

// workFactor makes one guess of a passphrase take about a second and 256 MB,
// and is the most that a file may ask of us.
const workFactor = 18

// LeastPassphrase is how many bytes a passphrase must have.
const LeastPassphrase = 10

// sealMark begins every file of age.
const sealMark = "age-encryption.org/"

// SealError says that an encrypted file can't be opened.
type SealError struct {
	Wrong bool // the passphrase is
	Err   error
}

// Error says whether another passphrase may help.
func (e *SealError) Error() string {
	if e.Wrong {
		return "the passphrase is not that of the archive; nothing was recorded"
	}
	return fmt.Sprintf("the encrypted archive is damaged, or was changed: %v; nothing was recorded", e.Err)
}

// Unwrap returns the cause.
func (e *SealError) Unwrap() error { return e.Err }

// Seal returns a writer that encrypts what is written to it with a passphrase.
// It must be closed; w is not.
func Seal(w io.Writer, passphrase cluster.Secret) (io.WriteCloser, error) {
	return seal(w, passphrase, workFactor)
}

func seal(w io.Writer, passphrase cluster.Secret, factor int) (io.WriteCloser, error) {
	recipient, err := age.NewScryptRecipient(passphrase.Reveal())
	if err != nil {
		return nil, fmt.Errorf("encrypt archive: %w", err)
	}
	recipient.SetWorkFactor(factor)
	out, err := age.Encrypt(w, recipient)
	if err != nil {
		return nil, fmt.Errorf("encrypt archive: %w", err)
	}
	return out, nil
}

// Open returns a reader of an archive in the clear. passphrase is asked only for
// one that is encrypted.
func Open(r io.Reader, passphrase func() (cluster.Secret, error)) (io.Reader, error) {
	in := bufio.NewReader(r)
	start, _ := in.Peek(len(sealMark)) // a shorter file is no archive, which Read will say
	if !bytes.Equal(start, []byte(sealMark)) {
		return in, nil
	}
	secret, err := passphrase()
	if err != nil {
		return nil, err
	}
	identity, err := age.NewScryptIdentity(secret.Reveal())
	if err != nil {
		return nil, &SealError{Err: err}
	}
	identity.SetMaxWorkFactor(workFactor)
	out, err := age.Decrypt(io.LimitReader(in, maxArchive), identity)
	if wrong := (*age.NoIdentityMatchError)(nil); errors.As(err, &wrong) {
		return nil, &SealError{Wrong: true, Err: err}
	}
	if err != nil {
		return nil, &SealError{Err: err}
	}
	return sealed{out}, nil
}

// sealed marks errors of the encryption, which differ from those of the archive.
type sealed struct{ io.Reader }

func (s sealed) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &SealError{Err: err}
	}
	return n, err
}
