package canary

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Canary is one planted bug.
type Canary struct {
	// Name is the patch's name without ".patch".
	Name string
	// Scenario is where the bug shows.
	Scenario string
	// Rules are ids of which the failure must carry one; the kernel's name for
	// the sort of failure, as "deadlock", stands for one without a rule.
	Rules []string
	// Bug says in a sentence what is wrong.
	Bug string
	// Missed says why the harness does not find the bug, empty if it does.
	Missed string

	files []*gitdiff.File
}

// Area is the directory of the first file that the patch changes, with slashes.
func (c *Canary) Area() string { return path.Dir(c.files[0].NewName) }

// Error is a canary that cannot be used: the patch is malformed, no longer
// applies, or does not compile.
type Error struct {
	// Name is the canary's, or the patch file's.
	Name string
	// Reason is a sentence without its end.
	Reason string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("canary %s: %s", e.Name, e.Reason) }

// Load reads the patches of a directory, in the order of their areas, then of
// their names. No patch is an error.
func Load(dir fs.FS) ([]*Canary, error) {
	names, err := fs.Glob(dir, "*.patch")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, &Error{"*.patch", "the directory holds none"}
	}
	var all []*Canary
	for _, name := range names {
		c, err := load(dir, name)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *Canary) int {
		return cmp.Or(cmp.Compare(a.Area(), b.Area()), cmp.Compare(a.Name, b.Name))
	})
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
	for _, f := range files {
		if f.IsNew || f.IsDelete || f.IsRename || f.IsBinary || len(f.TextFragments) == 0 {
			return nil, &Error{name, fmt.Sprintf("it does more to %s than change lines", cmp.Or(f.NewName, f.OldName))}
		}
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
	seen := make(map[string]bool)
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case line == "\n":
			continue
		case !ok:
			return fmt.Errorf("line %q is not of the form \"Name: value\"", line)
		case seen[key]:
			return fmt.Errorf("%s is given twice", key)
		}
		seen[key] = true
		switch key {
		case "Canary":
			c.Name = value
		case "Scenario":
			c.Scenario = value
		case "Rule":
			c.Rules = strings.Fields(value)
		case "Bug":
			c.Bug = value
		case "Missed":
			c.Missed = value
		default:
			return fmt.Errorf("unknown name %q", key)
		}
	}
	if c.Name == "" || c.Scenario == "" || len(c.Rules) == 0 || c.Bug == "" {
		return fmt.Errorf("Canary, Scenario, Rule and Bug must all be there")
	}
	return nil
}
