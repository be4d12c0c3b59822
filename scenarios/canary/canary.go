// Package canary plants bugs: variants of the container, each with one known
// mistake, that the harness must find. They are patches, applied to copies of the
// sources and built by go build -overlay, so that production code holds none of
// them.
//
// A patch begins with lines of the form "Name: value": Canary (its name),
// Scenario (where it shows), Rule (the id that the failure must carry; several
// are separated by spaces) and Bug (a sentence). A unified diff follows.
package canary

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Canary is one planted bug.
type Canary struct {
	Name     string
	Scenario string
	Rules    []string // any of them is the right one
	Bug      string
	files    []*gitdiff.File
}

// Error is a canary that cannot be used: the patch is malformed, or no longer
// applies.
type Error struct {
	File   string // the patch
	Reason string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("canary %s: %s", e.File, e.Reason) }

// Load reads the patches of a directory, in the order of their names. No patch
// is an error.
func Load(dir fs.FS) ([]*Canary, error) {
	names, err := fs.Glob(dir, "*.patch")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, &Error{"*.patch", "the directory holds none"}
	}
	slices.Sort(names)
	var all []*Canary
	for _, name := range names {
		c, err := load(dir, name)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func load(dir fs.FS, name string) (*Canary, error) {
	text, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, err
	}
	files, preamble, err := gitdiff.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, &Error{name, err.Error()}
	}
	if len(files) == 0 {
		return nil, &Error{name, "it changes no file"}
	}
	c := &Canary{files: files}
	if err := c.header(preamble); err != nil {
		return nil, &Error{name, err.Error()}
	}
	if c.Name != strings.TrimSuffix(path.Base(name), ".patch") {
		return nil, &Error{name, "it is named " + c.Name}
	}
	return c, nil
}

// header reads the lines before the diff.
func (c *Canary) header(text string) error {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case line == "\n":
		case !ok:
			return fmt.Errorf("line %q is not of the form \"Name: value\"", line)
		case key == "Canary":
			c.Name = value
		case key == "Scenario":
			c.Scenario = value
		case key == "Rule":
			c.Rules = strings.Fields(value)
		case key == "Bug":
			c.Bug = value
		default:
			return fmt.Errorf("unknown name %q", key)
		}
	}
	if c.Name == "" || c.Scenario == "" || len(c.Rules) == 0 || c.Bug == "" {
		return fmt.Errorf("Canary, Scenario, Rule and Bug must all be there")
	}
	return nil
}

// Overlay applies the canary to copies of the files below root, writes them to
// dir, and returns the path of the file to be given to go build -overlay.
func (c *Canary) Overlay(root, dir string) (string, error) {
	replace := make(map[string]string)
	for _, f := range c.files {
		source := filepath.Join(root, filepath.FromSlash(f.NewName))
		text, err := os.ReadFile(source)
		if err != nil {
			return "", &Error{c.Name, err.Error()}
		}
		var out bytes.Buffer
		if err := gitdiff.Apply(&out, bytes.NewReader(text), f); err != nil {
			return "", &Error{c.Name, fmt.Sprintf("the patch no longer applies to %s: %v", f.NewName, err)}
		}
		patched := filepath.Join(dir, strings.ReplaceAll(f.NewName, "/", "_"))
		if err := os.WriteFile(patched, out.Bytes(), 0o644); err != nil {
			return "", err
		}
		replace[source] = patched
	}
	overlay := filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	return overlay, os.WriteFile(overlay, text, 0o644)
}
