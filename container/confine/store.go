package confine

import (
	"go/ast"
	"go/token"
	"go/types"
)

// send judges what is sent on a channel.
func (w *walker) send(s *ast.SendStmt) {
	if name := w.carries(s.Value); name != "" {
		w.report(s.Value, context{}, "OWN-1", name+" sent on a channel: "+alone(name)+"%s; send its connection, or a function that does the work")
	}
}

// assign judges what is stored in package variables.
func (w *walker) assign(a *ast.AssignStmt) {
	if len(a.Lhs) != len(a.Rhs) {
		return
	}
	for i, lhs := range a.Lhs {
		if v := packageVariable(w.pass.TypesInfo, lhs); v != nil {
			w.stored(lhs, v, a.Rhs[i])
		}
	}
}

// storeCall judges what is handed to a sync.Map or an atomic value that is a
// package variable.
func (w *walker) storeCall(call *ast.CallExpr) {
	fn := callee(w.pass.TypesInfo, call)
	if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != "sync" && fn.Pkg().Path() != "sync/atomic" {
		return
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return
	}
	if v := packageVariable(w.pass.TypesInfo, sel.X); v != nil {
		for _, arg := range call.Args {
			w.stored(call, v, arg)
		}
	}
}

func (w *walker) stored(at ast.Node, v *types.Var, value ast.Expr) {
	if name := w.carries(value); name != "" {
		w.report(at, context{}, "OWN-1", name+" stored in package variable "+v.Name()+": "+alone(name)+
			"%s; keep it in the handler of its connection")
	}
}

// packageVariable returns the package variable that an expression begins with, or
// nil.
func packageVariable(info *types.Info, e ast.Expr) *types.Var {
	obj := rootObject(info, e)
	if sel, ok := ast.Unparen(e).(*ast.SelectorExpr); ok {
		if _, isPkg := obj.(*types.PkgName); isPkg {
			obj = info.Uses[sel.Sel]
		}
	}
	v, ok := obj.(*types.Var)
	if !ok || v.IsField() || v.Pkg() == nil || v.Parent() != v.Pkg().Scope() {
		return nil
	}
	return v
}

// carries returns the confined type that a value is or holds where it is written,
// other than a connection; empty if there is none.
func (w *walker) carries(e ast.Expr) string {
	name := ""
	parts(e, func(part ast.Expr) {
		if s := strict(w.pass.TypesInfo, part); s != "" && name == "" && !w.locals.fromDriver(w.pass.TypesInfo, part) {
			name = s
		}
	})
	return name
}

// parts visits a value and what is written inside it: elements of literals, and
// what is appended.
func parts(e ast.Expr, visit func(ast.Expr)) {
	e = ast.Unparen(e)
	visit(e)
	switch e := e.(type) {
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			parts(e.X, visit)
		}
	case *ast.CompositeLit:
		for _, element := range e.Elts {
			if kv, ok := element.(*ast.KeyValueExpr); ok {
				element = kv.Value
			}
			parts(element, visit)
		}
	case *ast.CallExpr:
		if id, ok := ast.Unparen(e.Fun).(*ast.Ident); ok && id.Name == "append" {
			for _, arg := range e.Args[1:] {
				parts(arg, visit)
			}
		}
	}
}
