// Package sftpshell understands the commands of an SFTP session: looking
// around on a node, and copying files to and fro. How lines are typed and
// shown is decided elsewhere.
package sftpshell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/remote"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/internal/transfer"
)

// ErrQuit is what the command returns that ends the session.
var ErrQuit = errors.New("quit")

// Shell is a session with the files of one node. It is not safe for concurrent
// use.
type Shell struct {
	node  transfer.Node
	here  string // the folder of this computer
	there string // the folder of the node
	// Print shows a line of a result.
	Print func(line string)
	// Copy is called around each get and put, with what became of the files.
	Copy func(work func(transfer.Options) (*transfer.Destination, error)) error
}

// New begins in the home of the node and in the folder here.
func New(files *remote.Files, here string) (*Shell, error) {
	home, err := files.RealPath("")
	if err != nil {
		return nil, err
	}
	return &Shell{node: transfer.Node{Files: files}, here: here, there: home}, nil
}

// verb is one command.
type verb struct {
	usage, help string
	least, most int // arguments; most -1: any number
	flags       string
	run         func(*Shell, context.Context, arguments) error
}

// arguments are the words of a command, its flags apart.
type arguments struct {
	words []string
	flags string // "rp"
}

func (a arguments) has(flag string) bool { return strings.Contains(a.flags, flag) }

// verbs are all commands. The map is made anew, so that nobody can change it.
func verbs() map[string]verb {
	return map[string]verb{
		"ls":     {"ls [-la] [FILE...]", "list a folder of the node", 0, -1, "la", (*Shell).ls},
		"cd":     {"cd [FOLDER]", "go to a folder of the node; home without one", 0, 1, "", (*Shell).cd},
		"pwd":    {"pwd", "say which folder of the node this is", 0, 0, "", (*Shell).pwd},
		"lls":    {"lls [-la] [FILE...]", "list a folder of this computer", 0, -1, "la", (*Shell).lls},
		"lcd":    {"lcd [FOLDER]", "go to a folder of this computer", 0, 1, "", (*Shell).lcd},
		"lpwd":   {"lpwd", "say which folder of this computer this is", 0, 0, "", (*Shell).lpwd},
		"get":    {"get [-rp] FILE... [TARGET]", "copy from the node; patterns work", 1, -1, "rp", (*Shell).get},
		"put":    {"put [-rp] FILE... [TARGET]", "copy to the node; patterns work", 1, -1, "rp", (*Shell).put},
		"mkdir":  {"mkdir FOLDER...", "make a folder on the node", 1, -1, "", (*Shell).mkdir},
		"rm":     {"rm [-r] FILE...", "delete files of the node; with -r folders too", 1, -1, "r", (*Shell).rm},
		"rmdir":  {"rmdir FOLDER...", "delete an empty folder of the node", 1, -1, "", (*Shell).rmdir},
		"rename": {"rename OLD NEW", "give a file of the node another name", 2, 2, "", (*Shell).rename},
		"help":   {"help", "list the commands", 0, 0, "", (*Shell).help},
		"exit":   {"exit", "end the session", 0, 0, "", func(*Shell, context.Context, arguments) error { return ErrQuit }},
	}
}

// aliases are the other names of commands, as OpenSSH's sftp has them.
func aliases() map[string]string {
	return map[string]string{"quit": "exit", "bye": "exit", "?": "help", "dir": "ls", "mget": "get", "mput": "put", "mv": "rename"}
}

// Do carries one line out. ErrQuit ends the session.
func (s *Shell) Do(ctx context.Context, line string) error {
	words, err := split(line)
	if err != nil || len(words) == 0 || strings.HasPrefix(words[0].text, "#") {
		return err
	}
	name := words[0].text
	if full := aliases()[name]; full != "" {
		name = full
	}
	v, known := verbs()[name]
	if !known {
		if near := schema.Nearest(name, Commands()); near != "" {
			return fmt.Errorf("there is no command %q; did you mean %q?", name, near)
		}
		return fmt.Errorf("there is no command %q; 'help' lists them", name)
	}
	var a arguments
	options := true
	for _, w := range words[1:] {
		switch {
		case options && w.text == "--" && !w.quoted:
			options = false
		case options && !w.quoted && len(w.text) > 1 && w.text[0] == '-':
			if strings.Trim(w.text[1:], v.flags) != "" || v.flags == "" {
				return fmt.Errorf("%s has no option %s; usage: %s", name, w.text, v.usage)
			}
			a.flags += w.text[1:]
		default:
			a.words = append(a.words, w.pattern())
		}
	}
	if len(a.words) < v.least || v.most >= 0 && len(a.words) > v.most {
		return fmt.Errorf("usage: %s", v.usage)
	}
	return v.run(s, ctx, a)
}

// Commands are the names of all commands, in order.
func Commands() []string {
	var names []string
	for name := range verbs() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (s *Shell) help(context.Context, arguments) error {
	for _, name := range Commands() {
		v := verbs()[name]
		s.Print(fmt.Sprintf("%-28s %s", v.usage, v.help))
	}
	return nil
}

// remotely is a name as the node knows it.
func (s *Shell) remotely(name string) string {
	switch {
	case name == "":
		return s.there
	case path.IsAbs(name):
		return name
	}
	return strings.TrimSuffix(s.there, "/") + "/" + name
}

// remotePattern and localPattern are for words that may be patterns: nothing in
// the name of a folder that one is in means anything.
func (s *Shell) remotePattern(word string) string {
	if path.IsAbs(word) {
		return word
	}
	return strings.TrimSuffix(literal(s.there), "/") + "/" + word
}

func (s *Shell) localPattern(word string) string {
	if filepath.IsAbs(word) {
		return word
	}
	return strings.TrimSuffix(literal(s.here), "/") + "/" + word
}

func (s *Shell) locally(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.here, name)
}

func (s *Shell) pwd(context.Context, arguments) error {
	s.Print(s.there)
	return nil
}

func (s *Shell) lpwd(context.Context, arguments) error {
	s.Print(s.here)
	return nil
}

func (s *Shell) cd(_ context.Context, a arguments) error {
	to := ""
	if len(a.words) > 0 {
		to = s.remotely(plain(a.words[0]))
	}
	folder, err := s.node.RealPath(to)
	if err != nil {
		return err
	}
	info, err := s.node.Stat(folder)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder", folder)
	}
	s.there = folder
	return nil
}

func (s *Shell) lcd(_ context.Context, a arguments) error {
	to, err := os.UserHomeDir()
	if len(a.words) > 0 {
		to, err = s.locally(plain(a.words[0])), nil
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(to)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder", to)
	}
	s.here = filepath.Clean(to)
	return nil
}

func (s *Shell) ls(_ context.Context, a arguments) error {
	return s.list(s.node, a, s.remotePattern)
}

func (s *Shell) lls(_ context.Context, a arguments) error {
	return s.list(transfer.Local{}, a, s.localPattern)
}

// list shows files and what is in folders.
func (s *Shell) list(from transfer.Source, a arguments, at func(string) string) error {
	if len(a.words) == 0 {
		a.words = []string{""}
	}
	var names []string
	for _, w := range a.words {
		found, err := transfer.Glob(from, strings.TrimSuffix(at(w), "/"))
		if err != nil {
			return err
		}
		names = append(names, found...)
	}
	for _, name := range names {
		name = cmp.Or(name, "/")
		info, err := from.Stat(name)
		if err != nil {
			if info, err = from.Lstat(name); err != nil { // a link that leads nowhere
				return err
			}
		}
		if !info.IsDir() {
			s.show(from, name, path.Base(name), info, a)
			continue
		}
		if len(names) > 1 {
			s.Print(name + ":")
		}
		entries, err := from.ReadDir(name)
		if err != nil {
			return err
		}
		slices.SortFunc(entries, func(a, b fs.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
		for _, e := range entries {
			if a.has("a") || !strings.HasPrefix(e.Name(), ".") {
				s.show(from, strings.TrimSuffix(name, "/")+"/"+e.Name(), e.Name(), e, a)
			}
		}
	}
	return nil
}

func (s *Shell) show(from transfer.Source, at, name string, info fs.FileInfo, a arguments) {
	if info.IsDir() {
		name += "/"
	}
	if !a.has("l") {
		s.Print(name)
		return
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		if to, err := from.ReadLink(at); err == nil {
			name += " -> " + to
		}
	}
	s.Print(fmt.Sprintf("%s %12d %s %s", info.Mode(), info.Size(), info.ModTime().Format("2006-01-02 15:04"), name))
}
