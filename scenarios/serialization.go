package scenarios

import (
	"fmt"
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
)

// Serialization: many connections, poked by several threads in every way that
// the contract allows, on several workers.
//
//	poker ──┐ wake          ┌───────────┐         ┌────────┐
//	poker ──┼ work ────────▶│ client    │◀═══════▶│ server │
//	poker ──┘ schedule      │ n workers │         └────────┘
//	                        └───────────┘
var Serialization = &sim.Scenario{
	Name: "serialization",
	Doc:  "many connections with wakes, work and timers on several workers: callbacks of one never overlap",
	Properties: rules(
		"SER-1", "callbacks of one connection never overlap",
		"SER-2", "nor does its work",
		"SER-5", "scheduled functions and free queues share one serial domain",
		"SER-8", "work never runs inside the call that adds it",
		"PAR-1", "as many connections' work runs at once as threads are in Run",
		"PAR-2", "no more callbacks at once than threads in Run",
		"WAKE-1", "a wake is followed by on_connection_wake",
		"WQ-3", "accepted work runs exactly once, refused work never",
		"ORD-5", "on_transport_close comes exactly once",
	),
	Params: []sim.Param{
		{Name: "connections", Doc: "connections of the client", Default: 3, Min: 1, Max: 4},
		{Name: "pokers", Doc: "threads that poke", Default: 2, Min: 1, Max: 3},
		{Name: "pokes", Doc: "pokes of each", Default: 6, Min: 1, Max: 12},
		burstParam, workersParam, latencyParam, octetsParam,
	},
	Run:   serialization,
	Check: stage.Judge,
	Steps: steps,
}

// poked is the handler of a connection that is poked. Its counter is guarded by
// nothing but the promise under test (SER-3).
type poked struct {
	quiet
	w     *sim.World
	opens *stage.Mailbox[*container.Connection]
	count int
}

// touch stays inside a callback for a while, so that another could overlap.
func (h *poked) touch() {
	n := h.count
	h.w.Yield()
	h.count = n + 1
}

// OnConnectionOpen makes the connection known to the pokers.
func (h *poked) OnConnectionOpen(c *container.Connection) {
	h.touch()
	h.opens.Put(c)
}

// OnConnectionWake touches.
func (h *poked) OnConnectionWake(*container.Connection) { h.touch() }

func serialization(w *sim.World) {
	x := newHouse(w)
	server := x.Container("server", quiet{})
	listener := x.Listen(server, quietListener{})
	serving := x.run(server)

	client := x.Container("client", quiet{})
	opens := stage.NewMailbox[*container.Connection](w, "opens")
	var conns []*container.Connection
	n := int(w.Param("connections"))
	for range n {
		if err := client.Connect("server", container.ConnectionOptions{Handler: &poked{w: w, opens: opens}}); err != nil {
			w.FailError(err)
		}
	}
	running := x.run(client)
	for len(conns) < n {
		c, _ := opens.Take()
		conns = append(conns, c)
	}
	w.Mark()
	var pokers []*sim.Thread
	for i := range w.Param("pokers") {
		name := fmt.Sprintf("poker-%d", i)
		pokers = append(pokers, w.Go(name, func() { poke(w, client, conns, name) }))
	}
	for _, p := range pokers {
		p.Join()
	}
	if w.Param("burst") == 1 {
		for range burst {
			client.Queue(conns[0]).Add(func() {})
		}
	}
	meet(w, client, conns)
	for _, c := range conns {
		client.Queue(c).Add(func() { client.Close(c, nil) })
	}
	x.JoinRun(running, "the last connection has closed")
	listener.Stop()
	x.JoinRun(serving, "the listener and the last connection have closed")
	x.Finish()
}

// meet has as many connections as there are threads in Run wait for each other, so
// that each thread must still be there.
func meet(w *sim.World, client *record.Container, conns []*container.Connection) {
	n := min(int(w.Param("workers")), len(conns))
	mu := w.NewMutex("meeting")
	all := w.NewCond(mu)
	here := 0
	arrive := func() {
		mu.Lock()
		defer mu.Unlock()
		here++
		all.Broadcast()
		for here < n {
			all.Wait()
		}
	}
	met := w.Expect("PAR-1", "as many connections' work runs at once as threads are in Run")
	for _, c := range conns[1:n] {
		client.Queue(c).Add(arrive)
	}
	done := stage.NewMailbox[bool](w, "met")
	client.Queue(conns[0]).Add(func() { arrive(); done.Put(true) })
	done.Take()
	met()
}

// poke does one thread's share.
func poke(w *sim.World, client *record.Container, conns []*container.Connection, name string) {
	draw := w.Rand(name)
	free := client.NewQueue()
	for range w.Param("pokes") {
		c := conns[draw.IntN(len(conns))]
		q := client.Queue(c)
		switch draw.IntN(5) {
		case 0:
			client.Wake(c)
		case 1:
			q.Add(w.Yield)
		case 2:
			q.Schedule(time.Duration(draw.IntN(3))*time.Millisecond, w.Yield)
		case 3:
			client.Schedule(time.Duration(draw.IntN(3))*time.Millisecond, func() {
				w.Yield()
				q.Add(w.Yield)
			})
		case 4:
			free.Add(w.Yield)
		}
	}
}
