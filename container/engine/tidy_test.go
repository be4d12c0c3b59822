package engine

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// allowedImports are what the engine may know. No clock is read, no thread started, no lock taken, no chance taken here:
// time is imported for its types.
var allowedImports = map[string]bool{
	"bytes": true, "encoding/binary": true, "errors": true, "fmt": true, "iter": true, "math": true, "slices": true,
	"strconv": true, "strings": true, "time": true, "github.com/collider-amqp/collider/container/wire": true,
}

// TestTidy checks what makes the engine deterministic, and the limits on the size of functions and files.
func TestTidy(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		f, err := parser.ParseFile(fset, entry.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := fset.File(f.Pos()).LineCount(); n > 600 {
			t.Errorf("%s has %d lines", entry.Name(), n)
		}
		test := strings.HasSuffix(entry.Name(), "_test.go")
		if !test {
			for _, imp := range f.Imports {
				if path := strings.Trim(imp.Path.Value, `"`); !allowedImports[path] {
					t.Errorf("%s imports %s", entry.Name(), path)
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if lines := fset.Position(n.End()).Line - fset.Position(n.Pos()).Line + 1; lines > 70 {
					t.Errorf("%s: %s has %d lines", fset.Position(n.Pos()), n.Name.Name, lines)
				}
			case *ast.GoStmt:
				t.Errorf("%s: a go statement", fset.Position(n.Pos()))
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && !test && x.Name == "time" && (n.Sel.Name == "Now" || n.Sel.Name == "Since" || n.Sel.Name == "After") {
					t.Errorf("%s: time.%s", fset.Position(n.Pos()), n.Sel.Name)
				}
			}
			return true
		})
	}
}
