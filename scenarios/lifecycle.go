package scenarios

import (
	"errors"
	"fmt"
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// Lifecycle: the life of containers, listeners and connections, begun and ended
// from every side at once.
var Lifecycle = &sim.Scenario{
	Name: "lifecycle",
	Doc:  "connect, listen, stop and auto-stop raced from every side",
	Properties: rules(
		"RUN-1", "Run returns when its threads have ended",
		"RUN-4", "start and stop callbacks come once",
		"RUN-6", "auto-stop comes with the end of the last activity",
		"RUN-11", "Run returns only when its own work has ended",
		"RUN-12", "threads that start late see an auto-stop",
		"RUN-13", "Run returns after Stop",
		"RUN-14", "Stop is final",
		"RUN-17", "Stop closes every stream",
		"RUN-22", "each connection that was made gets exactly one on_transport_close",
		"RUN-23", "a stop during an accept leaves nothing behind",
		"LIS-1", "on_open, on_accept, on_error, on_close in order",
		"LIS-8", "a listener can be stopped inside on_accept",
		"ORD-1", "connection callbacks in order",
		"ORD-3", "each on_transport_close has an on_transport_open before it",
		"ORD-7", "on_connection_error is followed by on_connection_close at once",
		"SER-10", "on_container_start ends before anything else begins",
		"SCHED-7", "a cancelled function does not run",
	),
	Params: []sim.Param{
		{Name: "connections", Doc: "connections of the client", Default: 2, Min: 0, Max: 3},
		{Name: "runs", Doc: "threads that call the client's Run", Default: 1, Min: 1, Max: 2},
		{Name: "chaos", Doc: "operations thrown in", Default: 4, Min: 0, Max: 8},
		{Name: "linger", Doc: "longest wait before the stop, in milliseconds", Default: 1, Min: 0, Max: 8, Draw: sim.Switch},
		workersParam, latencyParam, octetsParam,
		resetParam, cutParam, refuseParam, stallParam,
	},
	Run:   lifecycle,
	Check: stage.Judge,
	Steps: steps,
}

// errChaos is a Stop's error that belongs to the scenario. Each Stop has one of its
// own, so that it shows which of them Run reports.
var errChaos = errors.New("stopped on purpose")

// slow is a handler whose start and stop callbacks take their time, so that
// another thread could come between.
type slow struct {
	quiet
	w *sim.World
}

// OnContainerStart yields.
func (h slow) OnContainerStart(*container.Container) { h.w.Yield() }

// OnContainerStop yields.
func (h slow) OnContainerStop(*container.Container) { h.w.Yield() }

// closer closes its connection once it is open, with an error or without; or it
// stays, so that only a stop or the peer ends the connection.
type closer struct {
	quiet
	c    *record.Container
	stay bool
	err  *container.Error
}

// OnConnectionOpen closes.
func (h *closer) OnConnectionOpen(c *container.Connection) {
	if !h.stay {
		h.c.Close(c, h.err)
	}
}

// anyCloser draws a closer.
func anyCloser(draw *choice.Stream, c *record.Container) *closer {
	h := &closer{c: c, stay: draw.Bool(0.3)}
	if draw.Bool(0.3) {
		h.err = &container.Error{Condition: "scenario:on-purpose"}
	}
	return h
}

// stoppingListener stops its listener at its nth accept.
type stoppingListener struct {
	quietListener
	left int
	stop func()
}

// OnAccept counts.
func (l *stoppingListener) OnAccept(*container.Listener) container.ConnectionOptions {
	if l.left--; l.left == 0 {
		l.stop()
	}
	return container.ConnectionOptions{}
}

func lifecycle(w *sim.World) {
	x := newHouse(w)
	x.faults("client", "server")
	draw := w.Rand("lifecycle")
	server := x.Container("server", slow{w: w})
	stops := &stoppingListener{left: draw.IntN(3)}
	var listener *record.Listener
	stops.stop = func() { listener.Stop() }
	listener = x.Listen(server, stops)
	w.Mark()
	serving := x.runStopped(server, w.Param("workers"))
	lateThreads(x, w.Param("workers"))

	client := x.Container("client", slow{w: w})
	client.AutoStop(false)
	var running []*sim.Thread
	for range w.Param("runs") {
		running = append(running, x.runStopped(client, w.Param("workers")))
	}
	connecting := w.Go("connect", func() {
		draw := w.Rand("connect")
		for range w.Param("connections") {
			client.Connect("server", container.ConnectionOptions{Handler: anyCloser(draw, client)})
		}
	})
	chaos := w.Go("chaos", func() { x.chaos(client, server, listener) })
	connecting.Join()
	chaos.Join()
	if most := int(w.Param("linger")); most > 0 {
		w.Sleep(time.Duration(draw.IntN(most)) * time.Millisecond)
	}
	// One side is still up when the other one stops: it ends nothing in its place.
	stopped := func(c *record.Container, runs ...*sim.Thread) {
		c.Stop(nil)
		met := w.Expect("RUN-13", "Run returns after Stop")
		for _, t := range runs {
			t.Join()
		}
		met()
	}
	if draw.Bool(0.5) {
		stopped(client, running...)
		stopped(server, serving)
	} else {
		stopped(server, serving)
		stopped(client, running...)
	}
	// What came in after an auto-stop is wound up by one more Run (RUN-15).
	x.runStopped(client, 1).Join()
	x.runStopped(server, 1).Join()
	if err := client.Connect("server", container.ConnectionOptions{}); err == nil {
		w.Fail("RUN-14", "Connect succeeded after Stop")
	}
	if left := x.Net.LeftOpen(); len(left) > 0 {
		w.Fail("RUN-17", "stop left %d streams open, the first of them %s", len(left), left[0])
	}
	x.Finish()
}

// runStopped is run for a container that the world stops with errChaos.
func (x *house) runStopped(c *record.Container, workers int64) *sim.Thread {
	return x.w.Go(c.Container().ID(), func() {
		ctx, cancel := x.w.Env().NewContext()
		defer cancel()
		if err := x.RunHere(ctx, c, int(workers)); err != nil && !errors.Is(err, errChaos) {
			x.w.FailError(err)
		}
	})
}

// lateThreads runs a container whose only work may end before its threads have
// started (RUN-12), some times (RUN-10, RUN-11); the last time it is cancelled
// before Run is called (SCHED-8).
func lateThreads(x *house, workers int64) {
	const rounds = 3
	c := x.Container("brief", quiet{})
	for round := range rounds {
		ran := false
		work := c.Schedule(0, func() { ran = true })
		if round == rounds-1 {
			c.Cancel(work)
			ran = true
		}
		met := x.w.Expect("RUN-12", "Run returns when its only work has ended, also with threads that start late")
		x.Run(c, int(workers)).Join()
		met()
		if !ran {
			x.w.Fail("RUN-11", "Run %d returned before its work had run", round)
		}
	}
}

// chaos throws operations in.
func (x *house) chaos(client, server *record.Container, listener *record.Listener) {
	draw := x.w.Rand("chaos")
	var handles []record.Handle
	for i := range x.w.Param("chaos") {
		switch draw.IntN(10) {
		case 0:
			client.Stop(fmt.Errorf("%w, operation %d", errChaos, i))
		case 1:
			server.Stop(nil)
		case 2:
			listener.Stop()
		case 3:
			client.AutoStop(draw.Bool(0.5))
		case 4:
			handles = append(handles, client.Schedule(time.Duration(draw.IntN(2))*time.Millisecond, func() {}))
		case 5:
			for _, h := range handles {
				client.Cancel(h)
			}
		case 6:
			client.Connect("server:1", container.ConnectionOptions{}) // nobody listens there
		case 7:
			client.Connect("nowhere", container.ConnectionOptions{})
		case 8:
			client.Listen(fmt.Sprintf(":%d", 6000+i%2), quietListener{}) // the second one is in use
		case 9:
			server.Connect("server", container.ConnectionOptions{Handler: anyCloser(draw, server)})
		}
	}
}
