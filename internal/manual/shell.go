package manual

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// Command is one line that a reader would type, however many lines it takes
// on the page.
type Command struct {
	Line  int    // on the page
	Text  string // without the prompt
	Calls []Call // of ecluster, in order
}

// Call is one use of ecluster within a command.
type Call struct {
	Args []string // behind the program's name
	// Wrapper says that it is the script ecluster.sh that is called.
	Wrapper bool
}

// Commands are what an example types: all lines of a shell script, those
// behind a prompt of a console. Text that is no shell is an error.
func (e Example) Commands() ([]Command, error) {
	switch e.Lang {
	case "sh", "bash":
		c, err := newCommand(e.Line+1, e.Text)
		return []Command{c}, err
	case "console":
		return e.console()
	}
	return nil, nil
}

// console takes a line with a prompt, and those with which it goes on: behind
// a backslash, or with the shell's second prompt.
func (e Example) console() ([]Command, error) {
	var out []Command
	lines := strings.Split(e.Text, "\n")
	for i := 0; i < len(lines); i++ {
		text, typed := strings.CutPrefix(lines[i], "$ ")
		if !typed {
			continue
		}
		first := i
		for i+1 < len(lines) && (strings.HasSuffix(text, `\`) || strings.HasPrefix(lines[i+1], "> ")) {
			i++
			text += "\n" + strings.TrimPrefix(lines[i], "> ")
		}
		c, err := newCommand(e.Line+1+first, text)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func newCommand(line int, text string) (Command, error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return Command{}, fmt.Errorf("line %d is no shell: %w", line, err)
	}
	c := Command{Line: line, Text: strings.TrimRight(text, "\n")}
	syntax.Walk(file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok {
			if found, ok := callOf(call); ok {
				c.Calls = append(c.Calls, found)
			}
		}
		return true
	})
	return c, nil
}

// callOf finds ecluster in the words of a command, also behind a program that
// runs others.
func callOf(call *syntax.CallExpr) (Call, bool) {
	var words []string
	for _, w := range call.Args {
		words = append(words, literal(w))
	}
	before := []string{"sudo", "sh", "exec", "time", "watch", "nohup", "command"}
	for len(words) > 0 && slices.Contains(before, words[0]) {
		words = words[1:]
	}
	if len(words) == 0 {
		return Call{}, false
	}
	switch path.Base(words[0]) {
	case "ecluster":
		return Call{Args: words[1:]}, true
	case "ecluster.sh":
		return Call{Args: words[1:], Wrapper: true}, true
	}
	return Call{}, false
}

// literal is a word as a program would get it; what only the shell of a reader
// knows stays as it is written.
func literal(w *syntax.Word) string {
	var written strings.Builder
	_ = syntax.NewPrinter().Print(&written, w) // a Builder takes everything
	whole := true
	syntax.Walk(w, func(n syntax.Node) bool {
		switch n.(type) {
		case *syntax.ParamExp, *syntax.CmdSubst, *syntax.ArithmExp, *syntax.ProcSubst:
			whole = false
		}
		return whole
	})
	if !whole {
		return written.String()
	}
	text, err := expand.Literal(nil, w)
	if err != nil {
		return written.String()
	}
	return text
}
