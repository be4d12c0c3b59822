package confine

import (
	"go/ast"
	"go/types"
	"slices"
)

const (
	containerPath = "github.com/collider-amqp/collider/container"
	wirePath      = containerPath + "/wire"
	simPath       = "github.com/collider-amqp/collider/sim"
)

// confinedTypes are the types whose objects belong to a connection, with the
// members that may be used from anywhere (OWN-4).
var confinedTypes = map[string][]string{
	"Connection": {"Wake", "WorkQueue", "Container"},
	"Session":    {"Connection"},
	"Sender":     {"Connection", "WorkQueue"},
	"Receiver":   {"Connection", "WorkQueue"},
	"Delivery":   {"Connection"},
	"Tracker":    {"Connection"},
}

// named returns the package path and name of a type or of what it points to.
func named(t types.Type) (path, name string) {
	if t == nil {
		return "", ""
	}
	if ptr, ok := types.Unalias(t).(*types.Pointer); ok {
		t = ptr.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return "", ""
	}
	return n.Obj().Pkg().Path(), n.Obj().Name()
}

// confined returns the name of a confined type, or nothing.
func confined(t types.Type) string {
	path, name := named(t)
	if path != containerPath {
		return ""
	}
	if _, ok := confinedTypes[name]; !ok {
		return ""
	}
	return name
}

// hasType reports whether t is a type of package container, or points to one.
func hasType(t types.Type, name string) bool {
	p, n := named(t)
	return p == containerPath && n == name
}

func isMessage(t types.Type) bool {
	p, n := named(t)
	return p == wirePath && n == "Message"
}

// member returns the confined type and the member of it that a selector uses
// beyond what may be used from anywhere; empty strings if it does not.
func member(info *types.Info, sel *ast.SelectorExpr) (typ, name string) {
	s := info.Selections[sel]
	if s == nil {
		return "", ""
	}
	typ = confined(s.Recv())
	for t, i := s.Recv(), 0; typ == "" && i < len(s.Index())-1; i++ { // what the receiver embeds
		st, ok := deref(t).Underlying().(*types.Struct)
		if !ok {
			break
		}
		t = st.Field(s.Index()[i]).Type()
		typ = confined(t)
	}
	if typ == "" || slices.Contains(confinedTypes[typ], sel.Sel.Name) {
		return "", ""
	}
	return typ, sel.Sel.Name
}

func deref(t types.Type) types.Type {
	if ptr, ok := types.Unalias(t).Underlying().(*types.Pointer); ok {
		return ptr.Elem()
	}
	return t
}

// strict returns the name of the confined type of an expression whose objects
// are of no use elsewhere: of all but connections, whose work queue, wake and
// container are.
func strict(info *types.Info, e ast.Expr) string {
	if name := confined(info.TypeOf(e)); name != "Connection" {
		return name
	}
	return ""
}

// callee returns the function or method that a call names, nil if it calls a
// value.
func callee(info *types.Info, call *ast.CallExpr) *types.Func { return funcOf(info, call.Fun) }

func funcOf(info *types.Info, e ast.Expr) *types.Func {
	e = ast.Unparen(e)
	switch x := e.(type) {
	case *ast.IndexExpr:
		e = ast.Unparen(x.X)
	case *ast.IndexListExpr:
		e = ast.Unparen(x.X)
	}
	var id *ast.Ident
	switch e := e.(type) {
	case *ast.Ident:
		id = e
	case *ast.SelectorExpr:
		id = e.Sel
	default:
		return nil
	}
	fn, _ := info.Uses[id].(*types.Func)
	return fn
}

// hasBody reports whether fn is a function whose body is known where it is
// declared: not the method of an interface.
func hasBody(fn *types.Func) bool {
	return fn != nil && (fn.Signature().Recv() == nil || !types.IsInterface(fn.Signature().Recv().Type()))
}

// isFunc reports whether fn is pkg.name or a method pkg.typ.name.
func isFunc(fn *types.Func, pkg, typ, name string) bool {
	if fn == nil || fn.Name() != name || fn.Pkg() == nil || fn.Pkg().Path() != pkg {
		return false
	}
	r := fn.Signature().Recv()
	if r == nil {
		return typ == ""
	}
	_, n := named(r.Type())
	return n == typ
}
