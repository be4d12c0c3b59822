package scenarios

import (
	"fmt"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
)

// WakeCoalescing: several threads wake one connection, which closes when they
// are done, or meanwhile.
var WakeCoalescing = &sim.Scenario{
	Name: "wake-coalescing",
	Doc:  "k wakers wake one connection: none lost, none after the end, coalescing counted",
	Properties: rules(
		"WAKE-1", "each wake before the close is followed by an on_connection_wake that begins after it",
		"WAKE-5", "no on_connection_wake after on_transport_close",
		"WAKE-7", "a wake from inside a callback gives one more callback",
		"WAKE-8", "what was written before the wake is seen in the callback",
		"SER-1", "callbacks of one connection never overlap",
	),
	Params: []sim.Param{
		{Name: "wakers", Doc: "threads that wake", Default: 2, Min: 1, Max: 3},
		{Name: "wakes", Doc: "wakes of each", Default: 3, Min: 1, Max: 6},
		{Name: "inside", Doc: "wakes from inside callbacks", Default: 1, Min: 0, Max: 2},
		{Name: "early", Doc: "close when the wakers are done (0) or meanwhile (1)", Default: 0, Min: 0, Max: 1},
		workersParam, latencyParam, octetsParam,
	},
	Run:   wakeCoalescing,
	Check: stage.Judge,
	Steps: steps,
}

// awake is the handler of the connection that is woken.
type awake struct {
	poked
	wake   func(*container.Connection)
	inside int64 // wakes still to be made from inside
	asked  *sim.Int64
	seen   int64
}

// OnConnectionWake notes what the wakers had written before.
func (h *awake) OnConnectionWake(c *container.Connection) {
	h.touch()
	h.seen = h.asked.Load()
	if h.inside > 0 {
		h.inside--
		h.wake(c)
	}
}

func wakeCoalescing(w *sim.World) {
	x := newHouse(w)
	server := x.Container("server", quiet{})
	listener := x.Listen(server, quietListener{})
	serving := x.Run(server, 1)

	client := x.Container("client", quiet{})
	opens := stage.NewMailbox[*container.Connection](w, "opens")
	h := &awake{poked: poked{w: w, opens: opens}, wake: client.Wake, inside: w.Param("inside"), asked: w.NewInt64("asked", 0)}
	if err := client.Connect("server", container.ConnectionOptions{Handler: h}); err != nil {
		w.FailError(err)
	}
	running := x.run(client)
	conn, _ := opens.Take()
	w.Mark()
	var wakers []*sim.Thread
	for i := range w.Param("wakers") {
		wakers = append(wakers, w.Go(fmt.Sprintf("waker-%d", i), func() {
			for range w.Param("wakes") {
				h.asked.Add(1)
				client.Wake(conn)
			}
		}))
	}
	early := w.Param("early") == 1
	closing := func() { client.Queue(conn).Add(func() { client.Close(conn, nil) }) }
	if early {
		closing()
	}
	for _, t := range wakers {
		t.Join()
	}
	if !early {
		closing()
	}
	x.JoinRun(running, "the last connection has closed")
	if want := w.Param("wakers") * w.Param("wakes"); !early && h.seen != want {
		w.Fail("WAKE-8", "the last on_connection_wake saw %d of the %d writes made before the wakes", h.seen, want)
	}
	listener.Stop()
	x.JoinRun(serving, "the listener and the last connection have closed")
	x.Finish()
}
