package wire

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestImports keeps the codec what it is: a function of its input.
func TestImports(t *testing.T) {
	forbidden := map[string]string{
		"time":         "time is the engine's argument; a codec has none",
		"net":          "the codec sees octets, not connections",
		"os":           "the codec has no environment",
		"sync":         "the package has no state",
		"math/rand":    "the same input gives the same output",
		"math/rand/v2": "the same input gives the same output",
		"reflect":      "the codec is generated so that it needs none",
		"testing":      "not in production code",
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if reason, ok := forbidden[path]; ok {
				t.Errorf("%s imports %s: %s", name, path, reason)
			}
			if strings.Contains(path, ".") && path != "github.com/collider-amqp/collider/container/wire/spec" {
				t.Errorf("%s imports %s: the codec stands on the standard library and its table alone", name, path)
			}
		}
	}
}
