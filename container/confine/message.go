package confine

import (
	"go/ast"
	"go/types"
)

// judgeMessages finds messages of OnMessage that are kept: the container uses
// their memory again (OWN-10). A function that has a delivery and a message as
// parameters counts as one that OnMessage has called.
func (p *program) judgeMessages(f function) {
	if f.typ != nil {
		p.judgeMessage(f.typ, f.node)
	}
	ast.Inspect(f.node, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok {
			p.judgeMessage(lit.Type, lit.Body)
		}
		return true
	})
}

func (p *program) judgeMessage(typ *ast.FuncType, body ast.Node) {
	var message types.Object
	delivery := false
	for _, field := range typ.Params.List {
		t := p.pass.TypesInfo.TypeOf(field.Type)
		delivery = delivery || hasType(t, "Delivery")
		if isMessage(t) && len(field.Names) == 1 {
			message = p.pass.TypesInfo.Defs[field.Names[0]]
		}
	}
	if delivery && message != nil {
		(&keeping{program: p, message: message, body: body}).walk(body)
	}
}

// keeping looks for what keeps one message.
type keeping struct {
	*program
	message types.Object
	body    ast.Node
}

func (k *keeping) walk(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			k.later(n.Call.Fun, "a goroutine")
			for _, arg := range n.Call.Args {
				k.judge(arg, "passed to a goroutine")
			}
		case *ast.SendStmt:
			k.judge(n.Value, "sent on a channel")
		case *ast.AssignStmt:
			k.assign(n)
		case *ast.CallExpr:
			w := walker{program: k.program}
			for i, arg := range n.Args {
				ctx, known := w.contextOfArgument(n, i)
				switch {
				case !known, isFunc(callee(k.pass.TypesInfo, n), containerPath, "Driver", "Do"):
				case ctx.foreign():
					k.later(arg, ctx.where)
				default:
					k.later(arg, "a work function")
				}
			}
		}
		return true
	})
}

// later judges a function that runs when OnMessage may have returned.
func (k *keeping) later(fun ast.Expr, where string) {
	ast.Inspect(fun, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && k.pass.TypesInfo.Uses[id] == k.message {
			k.found(id, "used in "+where)
		}
		return true
	})
}

// assign judges assignments to what outlives the function.
func (k *keeping) assign(a *ast.AssignStmt) {
	if len(a.Lhs) != len(a.Rhs) {
		return
	}
	for i, lhs := range a.Lhs {
		root := rootObject(k.pass.TypesInfo, lhs)
		if root != nil && root != k.message && (root.Pos() < k.body.Pos() || root.Pos() > k.body.End()) {
			k.judge(a.Rhs[i], "stored")
		}
	}
}

// judge reports a value that is or holds the message.
func (k *keeping) judge(value ast.Expr, how string) {
	parts(value, func(part ast.Expr) {
		if id, ok := part.(*ast.Ident); ok && k.pass.TypesInfo.Uses[id] == k.message {
			k.found(id, how)
		}
	})
}

func (k *keeping) found(id *ast.Ident, how string) {
	if at := (place{pos: id.Pos()}); !k.reported[at] {
		k.reported[at] = true
		k.diagnose(id.Pos(), "OWN-10", "message of OnMessage "+how+": its memory is used again when the call returns%s; Clone it first")
	}
}
