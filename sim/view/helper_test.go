package view_test

import (
	"bytes"
	"context"
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
	"github.com/collider-amqp/collider/sim/runner"
	"github.com/collider-amqp/collider/sim/shrink"
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
	Params: []sim.Param{
		{Name: "jobs", Doc: "jobs and wakes of each producer", Default: 600, Min: 1, Max: 6000},
		{Name: "bug", Doc: "the producers number their jobs without a lock (1), or not (0)", Default: 0, Min: 0, Max: 1},
	},
	Properties: []sim.Property{{Rule: "NUM", Doc: "each job has a number of its own"}},
	Check:      numbers,
	Run: func(w *sim.World) {
		number := w.NewInt64("number", 0)
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
					if w.Param("bug") == 1 {
						n := number.Load() + 1
						number.Store(n)
						w.Note("number", "%d", n)
					}
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

// longRun is a run with so many jobs of each of three producers.
func longRun(t testing.TB, jobs int64) *view.Run {
	t.Helper()
	return watched(t, long, sim.RunConfig{Seed: 1, Strategy: sim.RoundRobin(20), Params: map[string]int64{"jobs": jobs, "bug": 0}})
}

// numbers finds the first two jobs that have one number.
func numbers(h *history.History) []sim.Violation {
	given := map[string]uint64{}
	for i := range h.Events {
		e := &h.Events[i]
		if e.Kind != history.Note || e.Name != "number" {
			continue
		}
		if before := given[e.Text]; before != 0 {
			return []sim.Violation{{Rule: "NUM", Message: "two jobs have the number " + e.Text, Seqs: []uint64{before, e.Seq}}}
		}
		given[e.Text] = e.Seq
	}
	return nil
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

// lossy loses an update if one thread's step comes between another's two.
var lossy = &sim.Scenario{
	Name: "lossy", Doc: "two threads count without a lock",
	Properties: []sim.Property{{Rule: "SUM", Doc: "no count is lost"}},
	Params:     []sim.Param{{Name: "rounds", Doc: "counts of each", Default: 3, Min: 1, Max: 5}},
	Run: func(w *sim.World) {
		n, g := w.NewInt64("n", 0), w.NewWaitGroup("all")
		for range 2 {
			g.Go("adder", func() {
				for range w.Param("rounds") {
					w.Note("count", "")
					n.Store(n.Load() + 1)
				}
			})
		}
		g.Wait()
		if v, want := n.Load(), 2*w.Param("rounds"); v != want {
			w.Fail("SUM", "the count is %d, want %d", v, want)
		}
	},
}

// embrace has two threads that can wait for each other.
var embrace = &sim.Scenario{Name: "embrace", Doc: "two threads take two locks", Run: func(w *sim.World) {
	a, b, g := w.NewMutex("a"), w.NewMutex("b"), w.NewWaitGroup("all")
	for _, m := range [][2]*sim.Mutex{{a, b}, {b, a}} {
		g.Go("thread", func() {
			w.Note("begins", "")
			m[0].Lock()
			m[1].Lock()
			w.Note("has both", "")
			m[1].Unlock()
			m[0].Unlock()
		})
	}
	g.Wait()
}}

// failure returns the run of the first seed that fails, and its failure file.
func failure(t testing.TB, s *sim.Scenario, params map[string]int64) (*view.Run, *runner.File) {
	t.Helper()
	for seed := range uint64(1000) {
		r := watched(t, s, sim.RunConfig{Seed: seed, Params: params})
		if r.Result.Failure != nil {
			f := runner.NewFailure(s, *r.Result)
			r.Property = f.Property
			return r, f.File(runner.Origin{Registry: "test"})
		}
	}
	t.Fatal("no run failed")
	return nil, nil
}

// explained explains the run of a file, and returns the explanation with the
// smallest run, watched.
func explained(t testing.TB, s *sim.Scenario, f *runner.File) (*view.Run, *shrink.Explanation) {
	t.Helper()
	e, err := shrink.Explain(context.Background(), s, f, shrink.Options{Replays: 20_000, Time: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	tap := &view.Tap{Decode: stage.DecodeFrame}
	least := e.Shrunk.Failure
	r, err := runner.Watch(s, &least.Result, tap, 0)
	if err != nil {
		t.Fatal(err)
	}
	return &view.Run{Scenario: s.Name, Doc: s.Doc, Property: least.Property, Result: &r, Tap: tap, Explanation: e}, e
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
