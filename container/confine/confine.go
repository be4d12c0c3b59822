package confine

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Analyzer reports confined objects that are used where they may not be. It
// exports a fact for each function that uses confined objects itself or starts
// its arguments in a goroutine.
var Analyzer = &analysis.Analyzer{
	Name:      "confine",
	Doc:       "report connection objects of package container used outside their connection's callbacks and work functions",
	URL:       "https://pkg.go.dev/github.com/collider-amqp/collider/container/confine",
	Run:       run,
	FactTypes: []analysis.Fact{new(behavior)},
}

// behavior is what the callers of a function must know of it.
type behavior struct {
	// Uses is the member of a confined object that the function, or one that it
	// calls, uses in its own context, as "Sender.Send"; empty if there is none.
	Uses string
	// Starts are the indices of the parameters that it runs in a goroutine.
	Starts []int
}

// AFact marks behavior as a fact.
func (*behavior) AFact() {}

// String returns the fact as tools show it.
func (b *behavior) String() string {
	var parts []string
	if b.Uses != "" {
		parts = append(parts, "uses "+b.Uses)
	}
	if len(b.Starts) != 0 {
		parts = append(parts, fmt.Sprint("starts ", b.Starts))
	}
	return strings.Join(parts, ", ")
}

func run(pass *analysis.Pass) (any, error) {
	if pass.Pkg.Path() == containerPath {
		return nil, nil // the container keeps its own rules by construction
	}
	p := &program{
		pass:      pass,
		behaviors: make(map[*types.Func]*behavior),
		locals:    findLocals(pass),
		ignores:   findIgnores(pass),
		reported:  make(map[place]bool),
	}
	decls := functions(pass)
	for again := true; again; { // behaviors only grow, so this ends
		again = false
		for _, d := range decls {
			again = p.learn(d) || again
		}
	}
	for _, d := range decls {
		if b := p.behaviors[d.fn]; b != nil && (b.Uses != "" || len(b.Starts) != 0) {
			pass.ExportObjectFact(d.fn, b)
		}
		p.judge(d)
	}
	p.ignores.reportUseless(pass)
	return nil, nil
}

// function is a declared function, or the initial values of package variables.
type function struct {
	fn   *types.Func // nil for initial values
	node ast.Node
	typ  *ast.FuncType
}

func functions(pass *analysis.Pass) (fs []function) {
	for _, file := range pass.Files {
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if fn, ok := pass.TypesInfo.Defs[d.Name].(*types.Func); ok && d.Body != nil {
					fs = append(fs, function{fn, d.Body, d.Type})
				}
			case *ast.GenDecl:
				fs = append(fs, function{node: d})
			}
		}
	}
	return fs
}

// program is one package under analysis.
type program struct {
	pass      *analysis.Pass
	behaviors map[*types.Func]*behavior
	locals    *locals
	ignores   *ignores
	reported  map[place]bool
}

// learn walks a function for its behavior, and reports whether that has grown.
func (p *program) learn(f function) (grown bool) {
	if f.fn == nil {
		return false
	}
	old := p.behaviors[f.fn]
	if old == nil {
		old = new(behavior)
	}
	w := &walker{program: p, learning: new(behavior), params: parameters(f.fn)}
	w.walk(f.node, context{own: true})
	p.behaviors[f.fn] = w.learning
	return old.Uses == "" && w.learning.Uses != "" || len(old.Starts) < len(w.learning.Starts)
}

// judge walks a function for findings.
func (p *program) judge(f function) {
	w := &walker{program: p}
	ctx := context{}
	if f.fn != nil {
		w.params = parameters(f.fn)
		if isHTTPHandler(f.fn) {
			ctx = foreign(f.node, "OWN-1", "an HTTP handler")
		}
	}
	w.walk(f.node, ctx)
	p.judgeMessages(f)
}

// behaviorOf returns what is known of a function, nil if nothing is.
func (p *program) behaviorOf(fn *types.Func) *behavior {
	if fn == nil {
		return nil
	}
	fn = fn.Origin()
	if b := p.behaviors[fn]; b != nil {
		return b
	}
	if fn.Pkg() == nil || fn.Pkg() == p.pass.Pkg || fn.Pkg().Path() == containerPath {
		return nil
	}
	b := new(behavior)
	if p.pass.ImportObjectFact(fn, b) {
		return b
	}
	return nil
}

func parameters(fn *types.Func) map[types.Object]int {
	m := make(map[types.Object]int)
	ps := fn.Signature().Params()
	for i := range ps.Len() {
		m[ps.At(i)] = i
	}
	return m
}
