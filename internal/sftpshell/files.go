package sftpshell

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/ecluster/ecluster/internal/transfer"
)

// get copies from the node. Of several words the last is the target.
func (s *Shell) get(ctx context.Context, a arguments) error {
	from, to := sides(a.words)
	patterns := make([]string, len(from))
	for i, f := range from {
		patterns[i] = s.remotePattern(f)
	}
	return s.Copy(func(o transfer.Options) (*transfer.Destination, error) {
		o.Recursive, o.Preserve = a.has("r"), a.has("p")
		d := &transfer.Destination{}
		return d, transfer.Get(ctx, s.node, patterns, keepSlash(to, s.locally(to)), d, o)
	})
}

// put copies to the node.
func (s *Shell) put(ctx context.Context, a arguments) error {
	from, to := sides(a.words)
	var names []string
	for _, f := range from {
		found, err := transfer.Glob(transfer.Local{}, s.localPattern(f))
		if err != nil {
			return err
		}
		names = append(names, found...)
	}
	return s.Copy(func(o transfer.Options) (*transfer.Destination, error) {
		o.Recursive, o.Preserve = a.has("r"), a.has("p")
		d := &transfer.Destination{}
		return d, transfer.Put(ctx, names, s.node, s.remotely(to), d, o)
	})
}

// sides are the sources and the target of a copy.
func sides(words []string) (from []string, to string) {
	if len(words) == 1 {
		return words, ""
	}
	last := len(words) - 1
	return words[:last], plain(words[last])
}

// keepSlash keeps the slash by which a user says that a target is a folder.
func keepSlash(typed, name string) string {
	if len(typed) > 0 && typed[len(typed)-1] == filepath.Separator {
		return name + string(filepath.Separator)
	}
	return name
}

func (s *Shell) mkdir(_ context.Context, a arguments) error {
	for _, w := range a.words {
		if err := s.node.Mkdir(s.remotely(plain(w)), 0o777); err != nil {
			return err
		}
	}
	return nil
}

func (s *Shell) rmdir(_ context.Context, a arguments) error {
	for _, w := range a.words {
		name := s.remotely(plain(w))
		info, err := s.node.Lstat(name)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return fmt.Errorf("%s is no folder", name)
		}
		if err := s.node.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Shell) rename(_ context.Context, a arguments) error {
	from, to := s.remotely(plain(a.words[0])), s.remotely(plain(a.words[1]))
	if _, err := s.node.Lstat(to); err == nil {
		return fmt.Errorf("%s exists; delete it first", to)
	}
	return s.node.Rename(from, to)
}

func (s *Shell) rm(ctx context.Context, a arguments) error {
	for _, w := range a.words {
		names, err := transfer.Glob(s.node, s.remotePattern(w))
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := s.remove(ctx, name, a.has("r")); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove deletes a file, and a folder with what is in it. Links are not
// followed.
func (s *Shell) remove(ctx context.Context, name string, folders bool) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	info, err := s.node.Lstat(name)
	if err != nil {
		return err
	}
	if info.IsDir() && !folders {
		return fmt.Errorf("%s is a folder; add -r to delete it with what is in it", name)
	}
	if info.IsDir() {
		entries, err := s.node.ReadDir(name)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := s.remove(ctx, name+"/"+e.Name(), true); err != nil {
				return err
			}
		}
	}
	return s.node.Remove(name)
}
