package stage_test

import (
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// execute runs a scenario over some seeds and returns the first failure.
func execute(t *testing.T, run func(*sim.World)) *sim.Failure {
	t.Helper()
	w := sim.NewWorld(sim.Options{HideRaces: true}) // a misuse is a race, too
	defer w.Close()
	for seed := range uint64(50) {
		r := sim.Execute(w, &sim.Scenario{Name: t.Name(), Run: run, Check: stage.Judge}, sim.RunConfig{Seed: seed})
		if r.Failure != nil {
			return r.Failure
		}
	}
	return nil
}

// hello closes its connection when it is open.
type hello struct{ container.BaseHandler }

func (hello) OnConnectionOpen(c *container.Connection) { c.Close(nil) }

func TestStage(t *testing.T) {
	if f := execute(t, func(w *sim.World) {
		s := stage.New(w, netsim.Options{})
		server, client := s.Container("server", container.BaseHandler{}), s.Container("client", hello{})
		listener := s.Listen(server, nil)
		serving := s.Run(server, 2)
		client.Connect("server", container.ConnectionOptions{})
		s.JoinRun(s.Run(client, 2), "the client has closed")
		listener.Stop()
		s.JoinRun(serving, "the listener has closed")
		s.Finish()
	}); f != nil {
		t.Error(f)
	}
}

func TestJoinRunNamesTheRule(t *testing.T) {
	f := execute(t, func(w *sim.World) {
		s := stage.New(w, netsim.Options{})
		s.JoinRun(s.Run(s.Container("idle", nil), 1), "it has nothing to do")
	})
	if f == nil || f.Rule != "RUN-6" || !strings.Contains(f.Message, "Run returns when it has nothing to do") {
		t.Errorf("the failure is %v", f)
	}
}

func TestPanicOfACallbackFailsTheWorld(t *testing.T) {
	f := execute(t, func(w *sim.World) {
		s := stage.New(w, netsim.Options{})
		c := s.Container("c", nil)
		c.Schedule(0, func() { panic("on purpose") })
		s.Run(c, 2).Join()
	})
	if f == nil || !strings.Contains(f.Message, "on purpose") {
		t.Errorf("the failure is %v", f)
	}
}

// TestForeignConnectionIsFound uses one connection's objects inside another's
// callback, which production cannot see (OWN-2).
func TestForeignConnectionIsFound(t *testing.T) {
	f := execute(t, foreign)
	if f == nil || !strings.HasPrefix(f.Rule, "OWN-") {
		t.Errorf("the failure is %v", f)
	}
}

func foreign(w *sim.World) {
	s := stage.New(w, netsim.Options{})
	server := s.Container("server", forgiving{})
	client := s.Container("client", nil)
	s.Listen(server, nil)
	s.Run(server, 1)
	conns := stage.NewMailbox[*container.Connection](w, "conns")
	client.Connect("server", container.ConnectionOptions{Handler: &opens{conns: conns}})
	client.Connect("server", container.ConnectionOptions{Handler: &opens{conns: conns}})
	running := s.Run(client, 2)
	a, _ := conns.Take()
	b, _ := conns.Take()
	done := sim.NewChan[int](w, "done", 1)
	a.WorkQueue().Add(func() { done.Recv() })
	b.WorkQueue().Add(func() {
		defer done.Send(0)
		a.Close(nil)
	})
	running.Join()
}

// forgiving takes errors as they come.
type forgiving struct{ container.BaseHandler }

func (forgiving) OnError(*container.Connection, error) {}

type opens struct {
	container.BaseHandler
	conns *stage.Mailbox[*container.Connection]
}

func (h *opens) OnConnectionOpen(c *container.Connection) { h.conns.Put(c) }

func TestMailbox(t *testing.T) {
	if f := execute(t, func(w *sim.World) {
		m := stage.NewMailbox[int](w, "numbers")
		taking := w.Go("take", func() {
			for want := range 3 {
				if v, ok := m.Take(); !ok || v != want {
					w.Fail("order", "took %d, %v, want %d", v, ok, want)
				}
			}
			if v, ok := m.Take(); ok {
				w.Fail("close", "took %d from a closed mailbox", v)
			}
		})
		for i := range 3 {
			m.Put(i)
		}
		m.Close()
		taking.Join()
	}); f != nil {
		t.Error(f)
	}
}
