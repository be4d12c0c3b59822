// Package bridge lets foreign Go stacks, which use goroutines, channels and
// package time as they please, live on a simulated network in lock-step, so that
// a run repeats.
//
// The World lives inside a testing/synctest bubble, together with the stack. Each
// goroutine of the application that calls the stack waits at a Gate before each
// call. In one step of the World one gate is opened, or one piece of bytes is
// handed to one connection, or the bytes of one Write enter the network, or the
// clock moves to the next instant at which anything happens. Then the stack comes
// to rest (synctest.Wait), and only then the World's strategy chooses the next
// step. What the stack has done meanwhile is taken over in a fixed order. The
// stack is not changed, and its timers follow the World's clock.
//
// # Usage
//
//	var scenario = &sim.Scenario{Name: "goamqp/send", Host: bridge.Host, Run: run}
//
//	func run(w *sim.World) {
//		net := netsim.New(w, netsim.Options{})
//		b := bridge.New(w, bridge.Options{Piece: frame})
//		defer b.Close()
//		… // something that listens on host "broker"
//		app := b.Go("app", func(g *bridge.Gate) {
//			nc, err := g.Dial(net.Host("client"), "broker:5672")
//			…
//			g.Do(func() { conn, err = amqp.NewConn(ctx, nc, options) })
//			g.Do(func() { session, err = conn.NewSession(ctx, nil) })
//			g.Sim(func() { w.Note("session", "open") })
//		})
//		app.Join()
//	}
//
// # What repeats
//
// A stack behind gates repeats as long as what it does in one step does not
// depend on the order in which its goroutines run within that step. So a step
// must be small. Options.Piece cuts the bytes given to a connection where the
// stack's unit ends; with AMQP that is the frame, because two frames at once
// make two of the stack's goroutines race for the same output. Random names and
// identifiers must be set, select statements over several ready channels cannot
// be controlled. Bytes that pass the bridge are part of the World's digest:
// «simrun verify» shows whether a stack repeats.
//
// Of go-amqp v1.7.0 this is known: connections, sessions and senders repeat, and so
// do receivers that give credit by hand (Credit: -1, IssueCredit). With automatic
// credit, a flow that becomes due while Close runs is sent or not as a select
// statement has it, and messages that come settled are counted by the goroutine
// in Receive while the link's own goroutine looks.
//
// Between two gates an application's goroutine must not communicate with another
// but through the stack or the World (Gate.Sim).
//
// # Limitations
//
// One bridge per run. What happens inside the stack is no choice point: its
// goroutines are not interleaved by the World. A panic on a goroutine that the
// stack has started itself ends the process. A goroutine of the stack that does
// not come to rest, because it computes or waits for something outside the
// bubble, is found by a watchdog after Patience.
package bridge
