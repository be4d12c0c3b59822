package canary

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	header = "Canary: c\nScenario: s\nRule: R\nBug: b\n"
	diff   = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -3,3 +3,3 @@\n same\n-old\n+new\n same\n"
)

func loadOne(t *testing.T, text string) *Canary {
	t.Helper()
	all, err := Load(fstest.MapFS{"c.patch": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func TestLoad(t *testing.T) {
	c := loadOne(t, "Canary: c\nScenario: s\nRule: R S\nBug: a bug\nMissed: too rare\n\n"+diff)
	if c.Name != "c" || c.Scenario != "s" || len(c.Rules) != 2 || c.Bug != "a bug" || c.Missed != "too rare" || c.Area() != "." {
		t.Errorf("%+v", c)
	}
	other := strings.NewReplacer("/x", "/a/b/x", "Canary: c", "Canary: a").Replace(header + "\n" + diff)
	all, err := Load(fstest.MapFS{"a.patch": {Data: []byte(other)}, "c.patch": {Data: []byte(header + "\n" + diff)}, "README": {}})
	if err != nil || len(all) != 2 || all[0].Name != "c" || all[1].Area() != "a/b" {
		t.Errorf("canaries are not in the order of their areas: %v, %v", all, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no diff":      header,
		"no rule":      "Canary: c\nScenario: s\nBug: b\n\n" + diff,
		"unknown name": header + "Colour: red\n\n" + diff,
		"twice":        header + "Bug: another\n\n" + diff,
		"free text":    header + "hello\n\n" + diff,
		"other name":   strings.Replace(header, ": c", ": d", 1) + "\n" + diff,
		"new file":     header + "\ndiff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+new\n",
		"broken diff":  header + "\n" + strings.Replace(diff, " same\n", "", 1),
	} {
		_, err := Load(fstest.MapFS{"c.patch": {Data: []byte(text)}})
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: Load gave %v", name, err)
		}
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("a directory without patches was accepted")
	}
}

// overlaid applies the canary to a file x and returns what is built in its place.
func overlaid(t *testing.T, c *Canary, source string) (string, error) {
	t.Helper()
	root, dir := t.TempDir(), t.TempDir()
	x := filepath.Join(root, "x")
	if err := os.WriteFile(x, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	path, err := c.Overlay(root, dir)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &overlay); err != nil || overlay.Replace[x] == "" {
		t.Fatalf("the overlay is %s, %v", text, err)
	}
	if now, err := os.ReadFile(x); err != nil || string(now) != source {
		t.Errorf("the source has become %q, %v", now, err)
	}
	out, err := os.ReadFile(overlay.Replace[x])
	if err != nil {
		t.Fatal(err)
	}
	return string(out), nil
}

func TestOverlayFollowsLinesThatHaveMoved(t *testing.T) {
	c := loadOne(t, header+"\n"+diff)
	for source, want := range map[string]string{
		"1\n2\nsame\nold\nsame\n6\n":                                  "1\n2\nsame\nnew\nsame\n6\n",
		"same\nold\nsame\n":                                           "same\nnew\nsame\n",
		"1\n2\n3\n4\n5\n6\n7\nsame\nold\nsame\n":                      "1\n2\n3\n4\n5\n6\n7\nsame\nnew\nsame\n",
		"1\n2\n3\nsame\nold\nsame\n7\n8\n9\nsame\nold\nsame\n":        "1\n2\n3\nsame\nnew\nsame\n7\n8\n9\nsame\nold\nsame\n",
		"1\n2\nsame\nold\nsame\nold\nsame\n":                          "1\n2\nsame\nnew\nsame\nold\nsame\n",
		"same\nold\nsame\n4\nsame\nold\nsame\nhere it is a tie\nsame": "",
		"1\n2\nsame\nolder\nsame\n":                                   "",
		"1\n2\nsame\nold\n":                                           "",
		"":                                                            "",
	} {
		got, err := overlaid(t, c, source)
		var e *Error
		if got != want || (want == "") != errors.As(err, &e) {
			t.Errorf("of %q came %q, %v; want %q", source, got, err, want)
		}
	}
}

func TestHunksStayInOrder(t *testing.T) {
	c := loadOne(t, header+"\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n+A\n =\n@@ -5,2 +5,2 @@\n-a\n+B\n =\n")
	if got, err := overlaid(t, c, "a\n=\na\n=\n"); got != "A\n=\nB\n=\n" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := overlaid(t, c, "a\n=\n"); err == nil {
		t.Errorf("two hunks were applied to one place: %q", got)
	}
}
