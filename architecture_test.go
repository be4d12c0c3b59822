// Package collider holds no code: its tests keep the rules of the house.
package collider

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/collider-amqp/collider/"

// imports says what a package, and what is below it if its name ends in "/...",
// must not depend on, directly or through others, and why. Tests are free.
var imports = []struct {
	pkg    string
	forbid map[string]string // package, or "prefix/..." → reason
}{
	{"container/wire", map[string]string{
		"time":                      "the codec has no notion of time",
		"net":                       "the codec turns bytes into values, wherever they come from",
		"sync":                      "a codec that needs a lock is no codec",
		module + "container/engine": "the engine stands on the codec",
	}},
	{"container/engine", map[string]string{
		"net":                "the caller owns the socket",
		"sync":               "one caller at a time: the engine has no locks",
		"math/rand":          "same calls, same answers",
		"math/rand/v2":       "same calls, same answers",
		"crypto/rand":        "same calls, same answers",
		"os":                 "the engine knows no machine",
		"testing":            "production code",
		module + "sim/...":   "the engine does not know that it is simulated",
		module + "container": "the container stands on the engine",
	}},
	{"container", map[string]string{
		"testing":                  "production code",
		module + "sim/...":         "the container does not know that it is simulated",
		module + "netsim/...":      "the network is behind the Transport",
		module + "conformance/...": "the judged does not know the judge",
	}},
	{"sim/choice", kernel},
	{"sim/history", kernel},
	{"sim", map[string]string{
		"net":                      "the kernel knows threads, not networks",
		"os":                       "a run depends on nothing outside it",
		"testing":                  "the kernel also runs in a plain binary",
		"testing/synctest":         "only netsim/bridge lives in a bubble",
		module + "container/...":   "the kernel knows no AMQP",
		module + "netsim/...":      "the network stands on the kernel",
		module + "scenarios/...":   "scenarios stand on the kernel",
		module + "conformance/...": "the kernel knows no AMQP",
	}},
	{"sim/check", map[string]string{
		module + "container/...": "the checkers judge histories, whoever made them",
		"net":                    "the checkers are pure functions",
	}},
	{"sim/runner", map[string]string{module + "container/...": "any program can be run"}},
	{"sim/shrink", map[string]string{
		module + "container/...": "any failing run can be made smaller",
		"net":                    "a search in memory",
		"testing":                "shrinking also serves a plain binary",
	}},
	{"sim/canary", map[string]string{
		module + "container/...": "bugs can be planted in any program",
		module + "sim/...":       "the program is run as its user would, by its command line",
		"testing":                "the command plants bugs, too",
	}},
	{"sim/cli", map[string]string{module + "container/...": "the command serves anybody's scenarios"}},
	{"sim/simtest", map[string]string{module + "container/...": "any program can be tested"}},
	{"sim/view", map[string]string{
		module + "container/...":   "a frame decoder is handed in as an argument",
		module + "scenarios/...":   "any program's run can be drawn",
		module + "conformance/...": "any program's run can be drawn",
		"net":                      "a drawing needs no network",
		"testing":                  "the command draws, too",
	}},
	{"sim/pcapng", map[string]string{
		module + "container/...": "packets carry bytes, whatever they mean",
		module + "scenarios/...": "any network's packets can be captured",
		"time":                   "times come from the World",
		"testing":                "the command captures, too",
	}},
	{"netsim", map[string]string{
		module + "container/...": "the network carries bytes, it knows no frames",
		"testing/synctest":       "only netsim/bridge lives in a bubble",
	}},
	{"netsim/proxy", map[string]string{
		module + "container/...": "the proxy carries bytes, it knows no frames",
		module + "scenarios/...": "any two programs can be held apart",
		"testing":                "the command stands on it, too",
		"testing/synctest":       "only netsim/bridge lives in a bubble",
		"math/rand":              "entropy comes from the seed's streams",
		"math/rand/v2":           "entropy comes from the seed's streams",
		"crypto/rand":            "entropy comes from the seed's streams",
	}},
	{"conformance/peer", map[string]string{
		module + "container":        "the judge has its own model of the protocol: one misreading must not pass on both sides",
		module + "container/engine": "the judge has its own model of the protocol: one misreading must not pass on both sides",
	}},
}

var kernel = map[string]string{
	"net":                    "the kernel knows no network",
	"testing":                "the kernel also runs in a plain binary",
	module + "container/...": "the kernel knows no AMQP",
	module + "scenarios/...": "scenarios stand on the kernel",
}

func TestImports(t *testing.T) {
	deps := dependencies(t)
	for _, rule := range imports {
		got, ok := deps[module+rule.pkg]
		if !ok {
			t.Errorf("package %s, for which there are rules, does not exist", rule.pkg)
			continue
		}
		for forbidden, reason := range rule.forbid {
			for _, dep := range got {
				if matches(forbidden, dep) && dep != module+rule.pkg {
					t.Errorf("%s depends on %s: %s", rule.pkg, dep, reason)
				}
			}
		}
	}
}

// transitive packages of the standard library bring others with them; only what
// a package names itself counts there, and all that it reaches in the module.
func dependencies(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	type listed struct {
		ImportPath    string
		Imports, Deps []string
	}
	deps := make(map[string][]string)
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		reached := slices.Clone(p.Imports)
		for _, d := range p.Deps {
			if strings.HasPrefix(d, module) {
				reached = append(reached, d)
			}
		}
		deps[p.ImportPath] = reached
	}
	if len(deps) == 0 {
		t.Fatal("go list named no package")
	}
	return deps
}

func matches(pattern, pkg string) bool {
	if prefix, tree := strings.CutSuffix(pattern, "/..."); tree {
		return pkg == prefix || strings.HasPrefix(pkg, prefix+"/")
	}
	return pkg == pattern
}

// threads are the only files of the engine, the container, the kernel and the
// network that may start goroutines or read the clock, with the reason.
var threads = map[string]string{
	"container/env_production.go":  "the production Env is made of goroutines and the wall clock",
	"sim/handover.go":              "the hand-over between coroutines",
	"sim/handover_race.go":         "the hand-over between program and kernel, in race builds",
	"sim/watchdog.go":              "the watchdog lives on the wall clock",
	"sim/history/recorder.go":      "the recorder of a production run",
	"netsim/proxy/proxy.go":        "the proxy lives on real sockets: it accepts, and has the wall clock",
	"netsim/proxy/conn.go":         "the proxy lives on real sockets: a connection is made while others live",
	"netsim/proxy/io.go":           "the proxy lives on real sockets: one goroutine receives, one delivers",
	"netsim/proxy/sent_linux.go":   "a system is asked until it has sent all",
	"netsim/proxy/sent_other.go":   "a system that cannot be asked is waited for",
	"netsim/proxy/socket_other.go": "a system without a write that never waits is tried again",
}

// TestThreadsAndClocks keeps threads and time where they can be scheduled.
func TestThreadsAndClocks(t *testing.T) {
	used := make(map[string]bool)
	for _, dir := range []string{"container", "container/wire", "container/engine", "container/record", "sim", "sim/choice", "sim/history", "sim/check", "netsim", "netsim/proxy", "scenarios", "scenarios/node", "scenarios/stage", "scenarios/trigger"} {
		for _, f := range parse(t, dir) {
			ast.Inspect(f.file, func(n ast.Node) bool {
				what := threadOrClock(n)
				switch {
				case what == "":
				case threads[f.name] != "":
					used[f.name] = true
				default:
					t.Errorf("%s: %s; threads come from the Env or the World, time from there or as an argument", f.at(n), what)
				}
				return true
			})
		}
	}
	for name := range threads {
		if !used[name] {
			t.Errorf("%s needs no exception any more", name)
		}
	}
}

// threadOrClock names what n does of goroutines, channels and clocks, or nothing.
func threadOrClock(n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "a go statement"
	case *ast.SelectStmt:
		return "a select statement"
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" {
			switch n.Sel.Name {
			case "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick":
				return "time." + n.Sel.Name
			}
		}
	}
	return ""
}

// TestSizes bounds files and functions, so that each holds one thing.
func TestSizes(t *testing.T) {
	const fileLines, funcLines = 600, 70
	seen := 0
	filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !d.IsDir() || path == "." {
			return nil
		}
		for _, f := range parse(t, path) {
			if strings.HasSuffix(f.name, "_gen.go") {
				continue
			}
			seen++
			if n := f.set.Position(f.file.End()).Line; n > fileLines {
				t.Errorf("%s has %d lines, more than %d", f.name, n, fileLines)
			}
			for _, d := range f.file.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				if n := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1; n > funcLines {
					t.Errorf("%s: function %s has %d lines, more than %d", f.at(fn), fn.Name.Name, n, funcLines)
				}
			}
		}
		return nil
	})
	if seen == 0 {
		t.Fatal("no file was looked at")
	}
}

type source struct {
	name string
	set  *token.FileSet
	file *ast.File
}

func (s source) at(n ast.Node) string { return s.set.Position(n.Pos()).String() }

// parse returns the production files of a directory.
func parse(t *testing.T, dir string) []source {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []source
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, source{filepath.ToSlash(name), set, f})
	}
	return files
}
