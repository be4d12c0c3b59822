package stage_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// guest connects until it has been let in once.
type guest struct {
	container.BaseHandler
	connect func()
	in      bool
}

func (*guest) OnError(*container.Connection, error) {}

func (h *guest) OnConnectionOpen(c *container.Connection) {
	h.in = true
	c.Close(nil)
}

func (h *guest) OnTransportClose(c *container.Connection) {
	if !h.in {
		c.Container().Schedule(time.Millisecond, h.connect)
	}
}

// reboot lets a server's host crash at a place in the client's frames, and a client
// come back until it has been let in.
func reboot(w *sim.World) {
	s := stage.New(w, netsim.Options{Faults: []netsim.Fault{
		netsim.MustParseFault("crash server on client->server @when before-open for 20ms"),
	}})
	s.Net.Host("client").SetClock(sim.Clock{Offset: -time.Minute, Drift: -sim.MaxDrift})
	s.Net.Host("server").SetClock(sim.Clock{Drift: sim.MaxDrift})
	listener := sim.NewAtomic(w, "listener", (*record.Listener)(nil))
	lives := w.NewInt64("lives", 0)
	s.Boot("server", func() {
		lives.Add(1)
		server := s.Container("server", forgiving{})
		listener.Store(s.Listen(server, nil))
		s.Run(server, 2).Join()
	})
	client := s.Container("client", nil)
	h := &guest{}
	patient := 50 * time.Millisecond
	h.connect = func() {
		client.Connect("server", container.ConnectionOptions{Handler: h, IdleTimeout: patient, OpenTimeout: patient, CloseTimeout: patient})
	}
	h.connect()
	running := s.Run(client, 2)
	met := w.Converge(sim.Goal{Rule: "GUEST", What: "the guest is let in"})
	running.Join()
	met()
	if n := lives.Load(); !h.in || n > 2 {
		w.Fail("GUEST", "in: %v, in life %d", h.in, n)
	}
	listener.Load().Stop()
	s.Finish()
}

func TestServerComesBackWithItsHost(t *testing.T) {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	crashed := 0
	for seed := range uint64(100) {
		r := sim.Execute(w, &sim.Scenario{Name: t.Name(), Run: reboot, Check: stage.Judge}, sim.RunConfig{Seed: seed, Keep: true})
		if r.Failure != nil {
			t.Fatalf("seed %d: %v", seed, r.Failure)
		}
		if slices.ContainsFunc(r.History.Events, func(e history.Event) bool { return e.Name == history.NoteCrashed }) {
			crashed++
		}
	}
	if crashed != 100 {
		t.Errorf("the server crashed in %d of 100 runs", crashed)
	}
}

// callers is a world of two servers and two callers, each of which calls its server
// until it gets an answer; one that gives up plants a bug of liveness.
func callers(givesUp string, reachable func() error) func(w *sim.World) {
	return func(w *sim.World) {
		s := stage.New(w, netsim.Options{Faults: []netsim.Fault{
			netsim.MustParseFault("refuse a->x @time 0s for 1h"),
			netsim.MustParseFault("partition b->y @time 0s for 1h"),
			netsim.MustParseFault("crash y @time 1ms"),
		}})
		for _, host := range []string{"x", "y"} {
			s.Boot(host, func() { answer(s.Net.Host(host)) })
		}
		through := sim.NewChan[string](w, "through", 4)
		s.Net.Host("a").Go("a", func() { call(s.Net.Host("a"), "x", givesUp != "a", through) })
		s.Net.Host("b").Go("b", func() { call(s.Net.Host("b"), "y", givesUp != "b", through) })
		w.Sleep(10 * time.Millisecond)
		met := s.Converge([]string{"a", "x"}, sim.Goal{
			Rule: "LIVE-1", What: "a gets its answer", Steps: 5_000, Time: time.Minute, Reachable: reachable,
		})
		if who, _ := through.Recv(); who != "a" {
			w.Fail("FREEZE", "%s got through, which is outside the core", who)
		}
		met()
		for _, h := range []string{"a", "b", "x", "y"} {
			s.Net.Host(h).Crash()
		}
	}
}

// answer sends a byte to each caller.
func answer(h *netsim.Host) {
	l, err := h.Listen("tcp", ":1")
	if err != nil {
		return
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		c.Write([]byte{1})
		c.Close()
	}
}

// call dials until it has an answer, or, if it is not steady, once.
func call(h *netsim.Host, server string, steady bool, through *sim.Chan[string]) {
	w := h.Network().World()
	for {
		ctx, cancel := w.WithTimeout(context.Background(), 5*time.Millisecond)
		c, err := h.Dial(ctx, "tcp", server+":1")
		cancel()
		if err == nil {
			var b [1]byte
			c.SetReadDeadline(w.Now().Add(5 * time.Millisecond))
			if _, err = io.ReadFull(c, b[:]); err == nil {
				through.Send(h.Name())
				return
			}
		}
		for !steady {
			w.Sleep(time.Second)
		}
		w.Sleep(time.Millisecond)
	}
}

// TestConverge finds a caller of the core that gives up, and blames nobody for what is
// frozen.
func TestConverge(t *testing.T) {
	if f := execute(t, callers("", nil)); f != nil {
		t.Errorf("nobody gives up: %v", f)
	}
	if f := execute(t, callers("b", nil)); f != nil {
		t.Errorf("one outside the core gives up: %v", f)
	}
	if f := execute(t, callers("a", nil)); f == nil || f.Kind != sim.Liveness || f.Rule != "LIVE-1" {
		t.Errorf("one of the core gives up: %v", f)
	}
	if f := execute(t, callers("a", func() error { return errors.New("no server was left") })); f != nil {
		t.Errorf("the goal was out of reach: %v", f)
	}
}

func TestCoreDrawsEachSubset(t *testing.T) {
	seen := map[string]bool{}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	for seed := range uint64(300) {
		sim.Execute(w, &sim.Scenario{Name: "core", Run: func(w *sim.World) {
			key := ""
			for _, h := range stage.New(w, netsim.Options{}).Core(1, "a", "b", "c") {
				key += h
			}
			seen[key] = true
		}}, sim.RunConfig{Seed: seed})
	}
	if len(seen) != 7 || seen[""] {
		t.Errorf("drawn: %v", seen)
	}
}
