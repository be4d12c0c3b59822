package scenarios

import (
	"fmt"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
)

// WorkQueueOrder: several producers add work to one queue, a connection's or a
// free-standing one, that ends while they do.
var WorkQueueOrder = &sim.Scenario{
	Name: "work-queue-order",
	Doc:  "k producers add work to one queue that ends meanwhile: FIFO, exactly once, refused at the end",
	Properties: rules(
		"WQ-2", "work runs in the order of the add calls",
		"WQ-3", "accepted work runs exactly once, refused work never",
		"WQ-4", "add is refused once the connection has ended",
		"WQ-5", "accepted work runs before the final callbacks",
		"WQ-6", "the last drain and the end of the queue are one step",
		"WQ-15", "add is refused once the container has stopped",
		"SER-8", "work never runs inside the call that adds it",
		"OWN-7", "nothing runs after on_transport_close",
	),
	Params: []sim.Param{
		{Name: "producers", Doc: "threads that add", Default: 2, Min: 1, Max: 3},
		{Name: "jobs", Doc: "jobs of each", Default: 5, Min: 1, Max: 8},
		{Name: "nested", Doc: "jobs that add a job", Default: 1, Min: 0, Max: 1},
		{Name: "free", Doc: "a connection's queue (0) or a free-standing one (1)", Default: 0, Min: 0, Max: 1},
		{Name: "end", Doc: "the end is a close (0), a stop (1)", Default: 0, Min: 0, Max: 1},
		workersParam, latencyParam, octetsParam,
	},
	Run:   workQueueOrder,
	Check: stage.Judge,
	Steps: steps,
}

func workQueueOrder(w *sim.World) {
	x := newHouse(w)
	server := x.Container("server", quiet{})
	listener := x.Listen(server, quietListener{})
	serving := x.Run(server, 1)

	client := x.Container("client", quiet{})
	opens := stage.NewMailbox[*container.Connection](w, "opens")
	if err := client.Connect("server", container.ConnectionOptions{Handler: &poked{w: w, opens: opens}}); err != nil {
		w.FailError(err)
	}
	running := x.run(client)
	conn, _ := opens.Take()
	queue := client.Queue(conn)
	free := w.Param("free") == 1
	if free {
		queue = client.NewQueue()
		client.AutoStop(false) // the queue goes on while the connection ends
	}
	w.Mark()
	var producers []*sim.Thread
	for i := range w.Param("producers") {
		producers = append(producers, w.Go(fmt.Sprintf("producer-%d", i), func() { produce(w, queue) }))
	}
	if w.Param("end") == 1 {
		client.Stop(nil)
	} else {
		client.Queue(conn).Add(func() { client.Close(conn, nil) })
	}
	for _, p := range producers {
		p.Join()
	}
	if free {
		client.AutoStop(true)
		client.Schedule(0, func() {}) // auto-stop wants an edge (RUN-6)
	}
	x.JoinRun(running, "the last connection has closed")
	if w.Param("end") == 1 && queue.Add(func() {}) {
		w.Fail("WQ-15", "a job was accepted after the container had stopped and Run had returned")
	}
	listener.Stop()
	x.JoinRun(serving, "the listener and the last connection have closed")
	x.Finish()
}

// produce adds one thread's jobs, some of which add another.
func produce(w *sim.World, q *record.Queue) {
	nested := w.Param("nested") == 1
	for i := range w.Param("jobs") {
		q.Add(func() {
			w.Yield()
			if nested && i%2 == 0 {
				q.Add(w.Yield)
			}
		})
	}
}
