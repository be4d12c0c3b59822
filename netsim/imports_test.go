package netsim

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The network knows bytes, hosts and the World; only the bridge knows bubbles.
func TestImports(t *testing.T) {
	const module = "github.com/collider-amqp/collider/"
	own := map[string]string{
		module + "sim":         "the World",
		module + "sim/choice":  "entropy",
		module + "sim/history": "faults are recorded",
	}
	bad := map[string]string{
		"math/rand":         "entropy is the World's",
		"math/rand/v2":      "entropy is the World's",
		"sync":              "threads run one at a time",
		"testing/synctest":  "package bridge alone lives in a bubble",
		"crypto/rand":       "entropy is the World's",
		"testing":           "no tests in production code",
		"golang.org/x/net/": "no further modules",
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
			if strings.Contains(path, ".") && own[path] == "" {
				t.Errorf("%s imports %s", name, path)
			}
			if why := bad[path]; why != "" {
				t.Errorf("%s imports %s: %s", name, path, why)
			}
		}
	}
}
