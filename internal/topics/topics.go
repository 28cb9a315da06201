// Package topics has the texts of `ecluster help TOPIC`: what is not about one
// command, each on a screen or two. The reference is elsewhere (docs).
package topics

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

//go:embed text/*.txt
var texts embed.FS

// Topic is one text.
type Topic struct {
	Name  string `json:"name"`  // "exit-status"
	Title string `json:"title"` // its first line
	Text  string `json:"text"`  // all of it
}

// All returns the topics by name.
func All() []Topic {
	entries, err := fs.ReadDir(texts, "text")
	if err != nil {
		panic(err) // it is embedded
	}
	topics := make([]Topic, 0, len(entries))
	for _, e := range entries {
		text, err := texts.ReadFile("text/" + e.Name())
		if err != nil {
			panic(err) // it is embedded
		}
		title, _, _ := strings.Cut(string(text), "\n")
		topics = append(topics, Topic{Name: strings.TrimSuffix(e.Name(), ".txt"), Title: title, Text: string(text)})
	}
	return topics
}

// Find returns the topic of that name, "colors" and "exit" being others' words
// for two of them.
func Find(name string) (Topic, bool) {
	switch name {
	case "colors":
		name = "colours"
	case "exit":
		name = "exit-status"
	}
	all := All()
	i := slices.IndexFunc(all, func(t Topic) bool { return t.Name == name })
	if i < 0 {
		return Topic{}, false
	}
	return all[i], true
}
