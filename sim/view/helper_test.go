package view_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/check"
	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/view"
)

// watched executes a run under a Tap.
func watched(t testing.TB, s *sim.Scenario, cfg sim.RunConfig) *view.Run {
	t.Helper()
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	tap := &view.Tap{Decode: stage.DecodeFrame}
	cfg.Keep, cfg.Tap = true, tap
	r := sim.Execute(w, s, cfg)
	run := &view.Run{Scenario: s.Name, Doc: s.Doc, Replay: fmt.Sprintf("simrun replay %s:%d", s.Name, r.Seed), Result: &r, Tap: tap}
	if r.Failure != nil {
		run.Property = check.Doc(r.Failure.Rule)
	}
	return run
}

// overlapping breaks SER-1: two threads are in callbacks of one connection.
var overlapping = &sim.Scenario{
	Name: "overlap", Doc: "two threads serve one connection",
	Run: func(w *sim.World) {
		g := w.NewWaitGroup("all")
		for i := range 2 {
			g.Go("worker", func() {
				rec := w.Recorder()
				e := history.Event{Name: history.OnMessage, Conn: 1, Item: uint64(i + 1)}
				begin := rec.Begin(e)
				w.Yield()
				w.Note("inside", "message %d <script>alert(1)</script>", i+1)
				rec.End(begin, e)
			})
		}
		g.Wait()
	},
	Check: func(h *history.History) (found []sim.Violation) {
		for _, v := range check.Standard(check.Options{})(h) {
			if v.Rule == "SER-1" {
				found = append(found, v)
			}
		}
		return found
	},
}

// failing returns an overlap.
func failing(t testing.TB) *view.Run {
	t.Helper()
	for seed := range uint64(100) {
		if r := watched(t, overlapping, sim.RunConfig{Seed: seed}); r.Result.Failure != nil {
			return r
		}
	}
	t.Fatal("no run failed")
	return nil
}

// long is a run of some ten thousand events between two containers: a client that
// adds work to its connection and is woken, over and over.
var long = &sim.Scenario{
	Name: "long", Doc: "many jobs and wakes on one connection", Steps: 20_000_000,
	Params: []sim.Param{{Name: "jobs", Doc: "jobs and wakes of each producer", Default: 600, Min: 1, Max: 6000}},
	Run: func(w *sim.World) {
		x := stage.New(w, netsim.Options{Path: netsim.Path{Latency: time.Millisecond}})
		server, client := x.Container("server", container.BaseHandler{}), x.Container("client", container.BaseHandler{})
		listener := x.Listen(server, nil)
		serving := x.Run(server, 2)
		h := &busy{opens: stage.NewMailbox[*container.Connection](w, "opens")}
		client.Connect("server", container.ConnectionOptions{Handler: h})
		running := x.Run(client, 2)
		conn, _ := h.opens.Take()
		g := w.NewWaitGroup("producers")
		for range 3 {
			g.Go("producer", func() {
				for range w.Param("jobs") {
					client.Queue(conn).Add(func() { w.Yield() })
					client.Wake(conn)
				}
			})
		}
		g.Wait()
		client.Queue(conn).Add(func() { client.Close(conn, nil) })
		running.Join()
		listener.Stop()
		serving.Join()
	},
}

type busy struct {
	container.BaseHandler
	opens *stage.Mailbox[*container.Connection]
}

func (h *busy) OnConnectionOpen(c *container.Connection) { h.opens.Put(c) }

// broker is a run with frames of every sort.
func broker(t testing.TB) *view.Run { return watched(t, scenarios.Broker, sim.RunConfig{Seed: 3}) }

func write(t testing.TB, format string, r *view.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := view.Write(&b, format, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hostile is a run in which everything has the same name, and which fails by it.
func hostile(name string) *sim.Scenario {
	return &sim.Scenario{Name: name, Run: func(w *sim.World) {
		door := w.NewMutex(name)
		g := w.NewWaitGroup(name)
		for range 2 {
			g.Go(name, func() {
				door.Lock()
				w.Note(name, "%s", name)
				w.Yield()
				door.Unlock()
			})
		}
		g.Wait()
		w.Fail(name, "%s", name)
	}}
}
