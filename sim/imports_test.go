package sim_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestImports keeps the kernel's promises about what it does not know, with the
// reason for each.
func TestImports(t *testing.T) {
	forbidden := map[string]string{
		"testing":     "the kernel runs in programs, too",
		"os":          "a run depends on nothing outside",
		"net":         "networks are netsim's",
		"math/rand":   "entropy is package choice's",
		"crypto/rand": "entropy is package choice's",
		"log":         "results are returned",
	}
	for file, f := range sources(t) {
		for _, imp := range f.Imports {
			path, _ := strconv.Unquote(imp.Path.Value)
			if why, ok := forbidden[path]; ok {
				t.Errorf("%s imports %s: %s", file, path, why)
			}
			if path == "sync" && !strings.Contains("watchdog.go rwmutex.go cond.go env.go", file) {
				t.Errorf("%s imports sync: threads are switched, not locked", file)
			}
		}
	}
}

// TestNoClockAndNoGoroutines: wall-clock time is the watchdog's alone, and the go
// statements are the hand-over's.
func TestNoClockAndNoGoroutines(t *testing.T) {
	for file, f := range sources(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				if file != "handover.go" && file != "handover_race.go" {
					t.Errorf("%s has a go statement", file)
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && file != "watchdog.go" {
					switch n.Sel.Name {
					case "Now", "Sleep", "AfterFunc", "NewTimer", "After", "Since", "Until", "NewTicker":
						t.Errorf("%s uses time.%s", file, n.Sel.Name)
					}
				}
			}
			return true
		})
	}
}

func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = f
	}
	if len(files) < 20 {
		t.Fatalf("only %d files", len(files))
	}
	return files
}
