package canary

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Overlay applies the canary to copies of the files below root, writes them to
// dir, and returns the path of the file to be given to go build -overlay. A hunk
// whose lines have moved is applied where they are now; one whose lines are no
// longer there, or are there in two places equally near, is an *Error. root must
// be absolute.
func (c *Canary) Overlay(root, dir string) (string, error) {
	replace := make(map[string]string)
	for _, f := range c.files {
		source := filepath.Join(root, filepath.FromSlash(f.NewName))
		text, err := os.ReadFile(source)
		if err != nil {
			return "", &Error{c.Name, err.Error()}
		}
		changed, err := apply(f, text)
		if err != nil {
			return "", &Error{c.Name, fmt.Sprintf("the patch no longer applies to %s: %v", f.NewName, err)}
		}
		patched := filepath.Join(dir, strings.ReplaceAll(f.NewName, "/", "_"))
		if err := os.WriteFile(patched, changed, 0o644); err != nil {
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

// apply returns text with the changes of f, whose positions are hints.
func apply(f *gitdiff.File, text []byte) ([]byte, error) {
	lines := bytes.SplitAfter(text, []byte("\n"))
	moved := *f
	moved.TextFragments = nil
	from := 0
	for _, hunk := range f.TextFragments {
		old := before(hunk)
		want := int(hunk.OldPosition) - 1
		at, err := find(lines, old, from, want)
		if err != nil {
			return nil, fmt.Errorf("hunk at line %d: %w", hunk.OldPosition, err)
		}
		h := *hunk
		h.OldPosition = int64(at + 1)
		moved.TextFragments = append(moved.TextFragments, &h)
		from = at + len(old)
	}
	var out bytes.Buffer
	err := gitdiff.Apply(&out, bytes.NewReader(text), &moved)
	return out.Bytes(), err
}

// before returns the lines that a hunk wants to find.
func before(hunk *gitdiff.TextFragment) []string {
	var old []string
	for _, l := range hunk.Lines {
		if l.Old() {
			old = append(old, l.Line)
		}
	}
	return old
}

// find returns the index in lines, from on, of the run of lines equal to old
// that is nearest to want.
func find(lines [][]byte, old []string, from, want int) (int, error) {
	best, tie := -1, false
	distance := func(at int) int { return max(at-want, want-at) }
	for at := from; at+len(old) <= len(lines); at++ {
		switch {
		case !matches(lines[at:], old):
		case best < 0 || distance(at) < distance(best):
			best, tie = at, false
		case distance(at) == distance(best):
			tie = true
		}
	}
	switch {
	case best < 0:
		return 0, fmt.Errorf("its lines are not there")
	case tie:
		return 0, fmt.Errorf("its lines are there twice, equally near")
	}
	return best, nil
}

func matches(lines [][]byte, old []string) bool {
	for i, l := range old {
		if string(lines[i]) != l {
			return false
		}
	}
	return true
}
