package confine

import (
	"go/ast"
	"go/types"
	"strings"
)

// context is where a piece of code runs. The zero value is where confined
// objects may be used, as far as can be seen.
type context struct {
	node  ast.Node // the function that runs elsewhere, nil if none does
	rule  string   // the rule that a use breaks
	where string   // "a goroutine"
	owner *owner   // the connection whose work this is, nil if unknown
	own   bool     // the body of a declared function itself: its callers share it
}

func foreign(node ast.Node, rule, where string) context {
	return context{node: node, rule: rule, where: where}
}

func (c context) foreign() bool { return c.node != nil }

// elsewhere are the functions that run an argument on a thread of its own.
var elsewhere = []struct {
	pkg, typ, name string
	arg            int
	where          string
}{
	{"time", "", "AfterFunc", 1, "a function of time.AfterFunc"},
	{"context", "", "AfterFunc", 1, "a function of context.AfterFunc"},
	{"sync", "WaitGroup", "Go", 0, "a goroutine"},
	{"runtime", "", "SetFinalizer", 1, "a finalizer"},
	{"runtime", "", "AddCleanup", 1, "a cleanup"},
	{"net/http", "", "HandleFunc", 1, "an HTTP handler"},
	{"net/http", "ServeMux", "HandleFunc", 1, "an HTTP handler"},
	{containerPath, "Env", "Go", 1, "a thread of Env.Go"},
	{containerPath, "Env", "AfterFunc", 1, "a function of Env.AfterFunc"},
	{containerPath, "Env", "OnDone", 1, "a function of Env.OnDone"},
	{simPath, "World", "Go", 1, "a thread of World.Go"},
	{simPath, "WaitGroup", "Go", 1, "a thread of WaitGroup.Go"},
}

// contextOfArgument returns where a call runs its function argument i, and
// whether the call says so.
func (w *walker) contextOfArgument(call *ast.CallExpr, i int) (context, bool) {
	fn, arg := callee(w.pass.TypesInfo, call), call.Args[i]
	for _, e := range elsewhere {
		if e.arg == i && isFunc(fn, e.pkg, e.typ, e.name) {
			return foreign(arg, "OWN-1", e.where), true
		}
	}
	switch {
	case w.isHTTPHandlerFunc(call):
		return foreign(arg, "OWN-1", "an HTTP handler"), true
	case i == 1 && isFunc(fn, containerPath, "Container", "Schedule"):
		return foreign(arg, "SCHED-11", "a function of Container.Schedule"), true
	case i == 0 && isFunc(fn, containerPath, "WorkQueue", "Add"), i == 1 && isFunc(fn, containerPath, "WorkQueue", "Schedule"):
		return w.contextOfWork(call, arg), true
	case i == 0 && isFunc(fn, containerPath, "Driver", "Do"):
		return context{}, true
	}
	if b := w.behaviorOf(fn); b != nil {
		for _, s := range b.Starts {
			if s == i || fn.Signature().Variadic() && s == fn.Signature().Params().Len()-1 && i > s {
				return foreign(arg, "OWN-1", "a goroutine of "+fn.Name()), true
			}
		}
	}
	return context{}, false
}

// contextOfWork returns the context of a job, by the queue that it is added to.
func (w *walker) contextOfWork(call *ast.CallExpr, arg ast.Expr) context {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return context{}
	}
	queue := w.locals.resolve(w.pass.TypesInfo, sel.X)
	made, ok := queue.(*ast.CallExpr)
	if !ok {
		return context{}
	}
	if isFunc(callee(w.pass.TypesInfo, made), containerPath, "Container", "NewWorkQueue") {
		return foreign(arg, "OWN-1", "work of a free-standing queue")
	}
	if of, ok := ast.Unparen(made.Fun).(*ast.SelectorExpr); ok {
		return context{owner: w.ownerOf(of.X)}
	}
	return context{}
}

// isHTTPHandlerFunc reports whether a call is a conversion to http.HandlerFunc.
func (w *walker) isHTTPHandlerFunc(call *ast.CallExpr) bool {
	tv := w.pass.TypesInfo.Types[call.Fun]
	path, name := named(tv.Type)
	return tv.IsType() && path == "net/http" && name == "HandlerFunc"
}

// isHTTPHandler reports whether fn is a method ServeHTTP.
func isHTTPHandler(fn *types.Func) bool {
	ps := fn.Signature().Params()
	if fn.Name() != "ServeHTTP" || ps.Len() != 2 {
		return false
	}
	path, name := named(ps.At(1).Type())
	return path == "net/http" && name == "Request"
}

// standard reports whether fn is of the standard library, which calls the
// functions that it is given before it returns, but for those in elsewhere.
func standard(fn *types.Func) bool {
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	first, _, _ := strings.Cut(fn.Pkg().Path(), "/")
	return !strings.Contains(first, ".")
}
