package canary

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const root = "../.."

// TestEveryPatchApplies fails when the container has moved on and a canary has
// not.
func TestEveryPatchApplies(t *testing.T) {
	all, err := Load(os.DirFS(root + "/scenarios/testdata/canaries"))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 5 {
		t.Errorf("there are %d canaries, fewer than the five classic ones", len(all))
	}
	for _, c := range all {
		dir := t.TempDir()
		overlay, err := c.Overlay(root, dir)
		if err != nil {
			t.Error(err)
			continue
		}
		if text, err := os.ReadFile(overlay); err != nil || !strings.Contains(string(text), filepath.Base(dir)) {
			t.Errorf("%s: the overlay is %q, %v", c.Name, text, err)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	const diff = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
	for name, text := range map[string]string{
		"no diff":      "Canary: c\nScenario: s\nRule: R\nBug: b\n",
		"no rule":      "Canary: c\nScenario: s\nBug: b\n\n" + diff,
		"unknown name": "Canary: c\nScenario: s\nRule: R\nBug: b\nColour: red\n\n" + diff,
		"free text":    "Canary: c\nScenario: s\nRule: R\nBug: b\nhello\n\n" + diff,
		"other name":   "Canary: d\nScenario: s\nRule: R\nBug: b\n\n" + diff,
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
	good, err := Load(fstest.MapFS{"c.patch": {Data: []byte("Canary: c\nScenario: s\nRule: R S\nBug: b\n\n" + diff)}})
	if err != nil || len(good) != 1 || len(good[0].Rules) != 2 {
		t.Errorf("a good patch gave %v, %v", good, err)
	}
}

func TestOverlayOfAChangedSourceFails(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "x"), []byte("something else\n"), 0o644)
	all, err := Load(fstest.MapFS{"c.patch": {Data: []byte("Canary: c\nScenario: s\nRule: R\nBug: b\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := all[0].Overlay(dir, dir); err == nil {
		t.Error("a patch was applied to a source that it does not match")
	}
}
