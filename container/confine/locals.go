package confine

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
)

// locals knows what the variables and fields of a package hold, as far as that is
// evident.
type locals struct {
	values   map[types.Object]ast.Expr // of those assigned once
	times    map[types.Object]int      // how often each is assigned
	params   map[types.Object]bool
	received map[types.Object]bool // those that hold what came over a channel
	ranged   map[types.Object]bool // those that stand for one connection of several after the other
}

func findLocals(pass *analysis.Pass) *locals {
	l := &locals{
		values:   make(map[types.Object]ast.Expr),
		times:    make(map[types.Object]int),
		params:   make(map[types.Object]bool),
		received: make(map[types.Object]bool),
		ranged:   make(map[types.Object]bool),
	}
	for _, file := range pass.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			l.note(pass.TypesInfo, n)
			return true
		})
	}
	return l
}

func (l *locals) note(info *types.Info, n ast.Node) {
	switch n := n.(type) {
	case *ast.AssignStmt:
		l.assignments(info, n.Lhs, n.Rhs)
	case *ast.ValueSpec:
		var names []ast.Expr
		for _, name := range n.Names {
			names = append(names, name)
		}
		l.assignments(info, names, n.Values)
	case *ast.RangeStmt:
		l.rangeStmt(info, n)
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			l.assigned(variable(info, n.X), nil)
		}
	case *ast.KeyValueExpr:
		if v := variable(info, n.Key); v != nil && v.IsField() {
			l.assigned(v, n.Value)
		}
	case *ast.FuncType:
		for _, field := range n.Params.List {
			for _, name := range field.Names {
				if v := info.Defs[name]; v != nil {
					l.params[v] = true
					l.times[v]++
				}
			}
		}
	}
}

func (l *locals) rangeStmt(info *types.Info, r *ast.RangeStmt) {
	_, channel := info.TypeOf(r.X).Underlying().(*types.Chan)
	for _, e := range []ast.Expr{r.Key, r.Value} {
		v := variable(info, e)
		if v == nil {
			continue
		}
		l.assigned(v, nil)
		switch {
		case channel:
			l.received[v] = true
		case confined(v.Type()) == "Connection":
			l.ranged[v] = true
		}
	}
}

func (l *locals) assignments(info *types.Info, lhs, rhs []ast.Expr) {
	for i, e := range lhs {
		v := variable(info, e)
		switch {
		case v == nil, len(rhs) == 0:
		case len(rhs) == len(lhs):
			l.assigned(v, rhs[i])
		default:
			l.assigned(v, nil)
		}
		if v != nil && i < len(rhs) && isReceive(rhs[i]) {
			l.received[v] = true
		}
	}
}

func isReceive(e ast.Expr) bool {
	u, ok := ast.Unparen(e).(*ast.UnaryExpr)
	return ok && u.Op == token.ARROW
}

// assigned notes an assignment; of an unknown value if it is nil.
func (l *locals) assigned(v *types.Var, value ast.Expr) {
	if v == nil {
		return
	}
	l.times[v]++
	if value == nil {
		l.times[v]++
	}
	l.values[v] = value
}

// variable returns the variable or field that an expression names, or nil.
func variable(info *types.Info, e ast.Expr) *types.Var {
	var id *ast.Ident
	switch e := e.(type) {
	case *ast.Ident:
		id = e
	case *ast.SelectorExpr:
		id = e.Sel
	default:
		return nil
	}
	v, _ := info.ObjectOf(id).(*types.Var)
	return v
}

// resolve returns the expression that a variable or field was assigned, if that
// happens once, and any other expression as it is.
func (l *locals) resolve(info *types.Info, e ast.Expr) ast.Expr {
	for range 8 { // variables may be assigned from each other
		e = ast.Unparen(e)
		v := variable(info, e)
		if v == nil || l.times[v] != 1 || l.values[v] == nil {
			return e
		}
		e = l.values[v]
	}
	return e
}

// fromDriver reports whether an expression begins with a Driver's connection,
// which belongs to the Driver's owner.
func (l *locals) fromDriver(info *types.Info, e ast.Expr) bool {
	for range 16 {
		switch x := l.resolve(info, e).(type) {
		case *ast.CallExpr:
			if isFunc(callee(info, x), containerPath, "Driver", "Connection") {
				return true
			}
			sel, ok := ast.Unparen(x.Fun).(*ast.SelectorExpr)
			if !ok {
				return false
			}
			e = sel.X
		case *ast.SelectorExpr:
			e = x.X
		default:
			return false
		}
	}
	return false
}

// owner is what evidently stands for a connection: a parameter or a field.
type owner struct {
	obj  types.Object
	base types.Object // the variable whose field it is, nil for a parameter
}

// differs reports whether two owners are evidently two connections.
func (o *owner) differs(other *owner) bool {
	if o.obj == other.obj || o.base != other.base {
		return false
	}
	return o.base != nil || o.obj.Parent() == other.obj.Parent()
}

// ownerOf returns the connection that an object belongs to, nil if that is not
// evident.
func (w *walker) ownerOf(e ast.Expr) *owner {
	info := w.pass.TypesInfo
	for range 16 {
		e = w.locals.resolve(info, e)
		switch x := e.(type) {
		case *ast.Ident:
			if obj := info.Uses[x]; w.locals.params[obj] && confined(obj.Type()) == "Connection" {
				return &owner{obj: obj}
			}
			return nil
		case *ast.SelectorExpr:
			base, ok := ast.Unparen(x.X).(*ast.Ident)
			if v := variable(info, x); ok && v != nil && v.IsField() && confined(v.Type()) == "Connection" {
				return &owner{obj: v, base: info.Uses[base]}
			}
			return nil
		case *ast.CallExpr:
			sel, ok := ast.Unparen(x.Fun).(*ast.SelectorExpr)
			if !ok || confined(info.TypeOf(sel.X)) == "" {
				return nil
			}
			e = sel.X
		default:
			return nil
		}
	}
	return nil
}
