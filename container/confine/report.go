package confine

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// alone words the rule for a confined type.
func alone(typ string) string {
	return "a " + typ + " may be used in callbacks and work functions of its connection alone"
}

// instead says what to do.
func instead(typ string) string {
	switch typ {
	case "Connection", "Sender", "Receiver":
		return "add work to its WorkQueue"
	}
	return "add work to its connection's WorkQueue"
}

// place is what is reported once: an object in a function that runs elsewhere,
// or any other finding.
type place struct {
	node   ast.Node
	object string
	pos    token.Pos
}

// report reports a finding, unless findings are not wanted now, or the object's
// other uses in the same function have been, or a comment silences it. Text holds
// %s where the rule stands.
func (w *walker) report(at ast.Node, ctx context, rule, text string) {
	if w.learning != nil {
		return
	}
	p := place{node: ctx.node, object: w.object(at)}
	if p.node == nil || p.object == "" {
		p.pos = at.Pos()
	}
	if w.reported[p] {
		return
	}
	w.reported[p] = true
	w.diagnose(at.Pos(), rule, text)
}

// diagnose reports unless a comment silences the line.
func (p *program) diagnose(pos token.Pos, rule, text string) {
	if p.ignores.silence(p.pass.Fset.Position(pos)) {
		return
	}
	p.pass.Report(analysis.Diagnostic{Pos: pos, Category: rule, Message: fmt.Sprintf(text, " ("+rule+")")})
}

// object returns the text of the variable or field that a use begins with, so
// that a chain of calls is one finding; empty if there is none.
func (w *walker) object(n ast.Node) string {
	for {
		switch e := n.(type) {
		case *ast.Ident:
			return e.Name
		case *ast.CallExpr:
			n = e.Fun
		case *ast.ParenExpr:
			n = e.X
		case *ast.SelectorExpr:
			if s := w.pass.TypesInfo.Selections[e]; s == nil || s.Kind() == types.FieldVal {
				return types.ExprString(e)
			}
			n = e.X
		default:
			return ""
		}
	}
}

// rootObject returns the variable that an expression begins with.
func rootObject(info *types.Info, n ast.Node) types.Object {
	for {
		switch e := n.(type) {
		case *ast.Ident:
			return info.Uses[e]
		case *ast.SelectorExpr:
			n = e.X
		case *ast.CallExpr:
			n = e.Fun
		case *ast.IndexExpr:
			n = e.X
		case *ast.ParenExpr:
			n = e.X
		case *ast.StarExpr:
			n = e.X
		case *ast.UnaryExpr:
			n = e.X
		case *ast.TypeAssertExpr:
			n = e.X
		default:
			return nil
		}
	}
}

// ignores are the comments that silence findings.
type ignores struct {
	all []*ignore
	at  map[lineOf]*ignore
}

type lineOf struct {
	file string
	line int
}

type ignore struct {
	pos    token.Pos
	reason bool
	used   bool
}

const directive = "//confine:ignore"

func findIgnores(pass *analysis.Pass) *ignores {
	ig := &ignores{at: make(map[lineOf]*ignore)}
	for _, file := range pass.Files {
		for _, group := range file.Comments {
			for _, c := range group.List {
				rest, ok := strings.CutPrefix(c.Text, directive)
				if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
					continue
				}
				at := pass.Fset.Position(c.Pos())
				i := &ignore{pos: c.Pos(), reason: strings.TrimSpace(rest) != ""}
				ig.all = append(ig.all, i)
				ig.at[lineOf{at.Filename, at.Line}] = i
			}
		}
	}
	return ig
}

// silence reports whether a comment on the line or the one above silences
// findings there.
func (ig *ignores) silence(at token.Position) bool {
	for _, line := range []int{at.Line, at.Line - 1} {
		if i := ig.at[lineOf{at.Filename, line}]; i != nil && i.reason {
			i.used = true
			return true
		}
	}
	return false
}

func (ig *ignores) reportUseless(pass *analysis.Pass) {
	for _, i := range ig.all {
		switch {
		case !i.reason:
			pass.Report(analysis.Diagnostic{Pos: i.pos, Category: "ignore", Message: directive + " needs a reason"})
		case !i.used:
			pass.Report(analysis.Diagnostic{Pos: i.pos, Category: "ignore", Message: directive + " silences nothing here"})
		}
	}
}
