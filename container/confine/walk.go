package confine

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// walker goes through one function with what runs in it.
type walker struct {
	*program
	learning *behavior            // what is learned, nil while findings are reported
	params   map[types.Object]int // of the declared function
	inside   []*ast.FuncLit       // the function literals around, and those followed by name
}

// walk goes through n, which runs in ctx.
func (w *walker) walk(n ast.Node, ctx context) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			w.goStmt(n, ctx)
			return false
		case *ast.DeferStmt:
			w.call(n.Call, ctx)
			return false
		case *ast.CallExpr:
			w.call(n, ctx)
			return false
		case *ast.FuncLit:
			w.literal(n, context{}) // all that is known of it is that it is written here
			return false
		case *ast.SelectorExpr:
			w.selector(n, ctx)
		case *ast.SendStmt:
			w.send(n)
		case *ast.AssignStmt:
			w.assign(n)
		}
		return true
	})
}

// literal walks the body of a function literal.
func (w *walker) literal(lit *ast.FuncLit, ctx context) {
	if slices.Contains(w.inside, lit) {
		return
	}
	w.inside = append(w.inside, lit)
	w.walk(lit.Body, ctx)
	w.inside = w.inside[:len(w.inside)-1]
}

// goStmt walks a go statement: the function runs elsewhere, its arguments are
// evaluated here.
func (w *walker) goStmt(g *ast.GoStmt, ctx context) {
	w.arguments(g.Call, ctx)
	there := foreign(g, "OWN-1", "a goroutine")
	w.runs(g.Call.Fun, there)
	if w.followed(g.Call.Fun) {
		return
	}
	for _, arg := range g.Call.Args { // to an unknown function
		if name := strict(w.pass.TypesInfo, arg); name != "" {
			w.report(arg, there, "OWN-1", name+" passed to a goroutine: "+alone(name)+"%s; add work to its connection's WorkQueue")
		}
	}
}

// followed reports whether the body of a function is looked into, here or where
// it is declared.
func (w *walker) followed(fun ast.Expr) bool {
	return w.literalOf(fun) != nil || hasBody(funcOf(w.pass.TypesInfo, fun))
}

// literalOf returns the function literal that an expression is or, by the name of
// a local variable, stands for.
func (w *walker) literalOf(fun ast.Expr) *ast.FuncLit {
	lit, _ := w.locals.resolve(w.pass.TypesInfo, fun).(*ast.FuncLit)
	return lit
}

// call walks a call: what it is called on, its arguments, and what is known of
// the function.
func (w *walker) call(call *ast.CallExpr, ctx context) {
	w.arguments(call, ctx)
	w.storeCall(call)
	if slices.ContainsFunc(call.Args, func(arg ast.Expr) bool { return w.locals.fromDriver(w.pass.TypesInfo, arg) }) {
		ctx = context{} // what the function uses is its caller's
	}
	w.runs(call.Fun, ctx)
}

// runs walks a function that is called in ctx.
func (w *walker) runs(fun ast.Expr, ctx context) {
	fun = ast.Unparen(fun)
	if lit, ok := fun.(*ast.FuncLit); ok {
		w.literal(lit, ctx)
		return
	}
	w.walk(fun, ctx)
	if ctx.foreign() || ctx.own {
		if lit := w.literalOf(fun); lit != nil {
			w.literal(lit, ctx)
		}
	}
	if ctx.foreign() {
		if id, ok := fun.(*ast.Ident); ok && w.learning != nil {
			w.starts(w.pass.TypesInfo.Uses[id])
		}
	}
	if fn := funcOf(w.pass.TypesInfo, fun); fn != nil {
		if b := w.behaviorOf(fn); b != nil && b.Uses != "" {
			w.use(fun, ctx, b.Uses, " by way of "+fn.Name())
		}
	}
}

// starts notes that a parameter runs in a goroutine.
func (w *walker) starts(obj types.Object) {
	if i, ok := w.params[obj]; ok && !slices.Contains(w.learning.Starts, i) {
		w.learning.Starts = append(w.learning.Starts, i)
		slices.Sort(w.learning.Starts)
	}
}

// arguments walks the arguments of a call, functions where they will run.
func (w *walker) arguments(call *ast.CallExpr, ctx context) {
	for i, arg := range call.Args {
		arg = ast.Unparen(arg)
		if there, known := w.contextOfArgument(call, i); known {
			w.runs(arg, there)
			continue
		}
		if lit, ok := arg.(*ast.FuncLit); ok && (ctx.foreign() || ctx.own) && standard(callee(w.pass.TypesInfo, call)) {
			w.literal(lit, ctx)
			continue
		}
		w.walk(arg, ctx)
	}
}

// selector judges the use of a member.
func (w *walker) selector(sel *ast.SelectorExpr, ctx context) {
	typ, name := member(w.pass.TypesInfo, sel)
	if typ == "" || w.locals.fromDriver(w.pass.TypesInfo, sel.X) {
		return
	}
	w.use(sel, ctx, typ+"."+name, "")
	if ctx.foreign() || w.learning != nil {
		return
	}
	if ctx.owner != nil {
		if other := w.ownerOf(sel.X); other != nil && other.differs(ctx.owner) {
			w.report(sel, ctx, "OWN-2", typ+"."+name+" in work of another connection%s; add work to the WorkQueue of its own")
		}
	}
	switch {
	case w.cameOverChannel(sel.X):
		w.report(sel, ctx, "OWN-1", typ+"."+name+" on what came over a channel: "+alone(typ)+"%s; add work to its WorkQueue")
	case w.holds(w.locals.ranged, sel.X):
		w.report(sel, ctx, "OWN-2", typ+"."+name+" on each of several connections: "+alone(typ)+"%s; add work to the WorkQueue of each")
	}
}

// use notes or reports the use of a member, directly or by way of a function.
func (w *walker) use(at ast.Node, ctx context, what, by string) {
	switch {
	case w.learning != nil:
		if ctx.own && w.learning.Uses == "" {
			w.learning.Uses = what
		}
	case ctx.foreign():
		typ, _, _ := strings.Cut(what, ".")
		w.report(at, ctx, ctx.rule, what+by+" in "+ctx.where+": "+alone(typ)+"%s; "+instead(typ))
	}
}

// cameOverChannel reports whether e is received from a channel in this function.
func (w *walker) cameOverChannel(e ast.Expr) bool {
	return isReceive(e) || w.holds(w.locals.received, e)
}

// holds reports whether e is one of the variables, declared in the function that
// is being walked itself.
func (w *walker) holds(variables map[types.Object]bool, e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok || !variables[w.pass.TypesInfo.Uses[id]] {
		return false
	}
	if len(w.inside) == 0 {
		return true
	}
	body, at := w.inside[len(w.inside)-1].Body, w.pass.TypesInfo.Uses[id].Pos()
	return body.Pos() <= at && at < body.End()
}
