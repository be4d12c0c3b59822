// Package stage puts containers into a World: each gets the World's threads,
// locks and clock and a host of its simulated network, and records what it does.
// The scenarios of this module stand on it, and a user's own tests can too.
//
// # Usage
//
//	scenario := &sim.Scenario{
//		Name: "my-handler",
//		Run: func(w *sim.World) {
//			s := stage.New(w, netsim.Options{})
//			server := s.Container("server", &myServer{})
//			client := s.Container("client", &myClient{})
//			listener := s.Listen(server, nil)
//			serving := s.Run(server, 2)
//			client.Connect("server", container.ConnectionOptions{})
//			s.JoinRun(s.Run(client, 2), "the client has closed")
//			listener.Stop()
//			s.JoinRun(serving, "the listener has closed")
//		},
//		Check: stage.Judge,
//	}
//
// A container is software of the host of its name, and stops when that crashes; what
// is to come back with the host is started by Boot:
//
//	s.Boot("broker", func() {
//		broker := s.Container("broker", newBroker())
//		s.Listen(broker, nil)
//		s.Run(broker, 2).Join()
//	})
//	s.Net.Inject(netsim.MustParseFault("crash broker on client->broker @when transfer#3 for 20ms"))
//
// Faults may name places in AMQP's frames, as package trigger writes them.
//
// A run of two phases ends in Converge: faults first, then a core that is healed, and
// a goal that it must reach.
//
// What is shared between threads is guarded by the World's primitives
// (World.NewMutex, World.NewCond, sim.NewChan…), never by those of package sync.
package stage

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios/trigger"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/check"
	"github.com/collider-amqp/collider/sim/history"
)

// Judge holds a history against the rules of the container contract, as our
// container documents them. It is meant for sim.Scenario.Check.
var Judge = check.Standard(check.Options{Strict: true})

// Stage is a network with containers in one run of a World. Its methods are
// called by threads of the World.
type Stage struct {
	World *sim.World
	Net   *netsim.Network
}

// New makes the network of a run. Its faults may name the conditions of package
// trigger, unless the options have a Predicate of their own.
func New(w *sim.World, o netsim.Options) *Stage {
	if o.Predicate == nil {
		o.Predicate = trigger.Parse
	}
	return &Stage{w, netsim.New(w, o)}
}

// Container makes an observed container, software of the host of its name with that
// host's clock. Its connections have no time-outs unless their options say otherwise:
// a World may let any time pass between two steps. A container does not outlive its
// host: after a restart another one is made.
func (s *Stage) Container(id string, h container.Handler) *record.Container {
	patient := container.ConnectionOptions{OpenTimeout: -1, CloseTimeout: -1}
	machine := s.Net.Host(id).Machine()
	e := &env{Env: machine.Env(), w: s.World, machine: machine}
	c := record.New(s.World.Recorder(), id, h, container.Options{
		Env:              e,
		Transport:        s.Net.Host(id),
		ClientConnection: patient,
		ServerConnection: patient,
	})
	if drift := machine.Clock().Drift; drift != 0 {
		s.World.Recorder().Note(history.Event{Name: history.NoteClock, Container: c.ID(), Count: drift})
	}
	machine.OnCrash(func() {
		s.World.Recorder().Note(history.Event{Name: history.NoteCrashed, Container: c.ID()})
	})
	return c
}

// Boot lets start be called now and after each restart of the host, each time on a
// thread of the host's software: it makes the host's containers and runs them.
func (s *Stage) Boot(host string, start func()) *sim.Thread {
	h := s.Net.Host(host)
	h.OnRestart(start)
	return h.Go("boot", start)
}

// Core draws which hosts must work in the second phase of a run: at least so many of
// those given, in their order.
func (s *Stage) Core(least int, hosts ...string) []string {
	draw := s.World.Rand("core")
	want := least + draw.IntN(len(hosts)-least+1)
	core := make([]string, 0, want)
	for i, h := range hosts {
		if draw.IntN(len(hosts)-i) < want-len(core) {
			core = append(core, h)
		}
	}
	return core
}

// Converge begins the second phase of a run: it heals the core, freezes everything
// else, and demands the goal of a fair schedule. See netsim.Network.HealCore and
// sim.World.Converge.
func (s *Stage) Converge(core []string, g sim.Goal) (met func()) {
	s.Net.HealCore(core...)
	return s.World.Converge(g)
}

// env is the World's Env with two views of its own: a panic of user code is a
// failure of the run, at its own place, before the container makes a stop of it
// and other connections show symptoms; and the container's threads are counted.
// The counters are atomic for the race detector's sake: the World does not switch
// threads at them, and the container's own mutex orders what they order.
type env struct {
	sim.Env
	w       *sim.World
	machine *sim.Machine // whose crash ends threads that are not counted out
	running atomic.Int64 // calls of Run in progress
	alive   atomic.Int64 // threads that the container has started and that have not ended
}

// Panicked implements container.PanicObserver.
func (e *env) Panicked(err error) { e.w.FailError(err) }

// Go counts the thread.
func (e *env) Go(name string, f func()) {
	e.alive.Add(1)
	e.Env.Go(name, func() {
		f()
		e.alive.Add(-1)
	})
}

// run calls Run, and demands of the last call to return that no thread of the
// container is left, whatever it did (RUN-1).
func (e *env) run(ctx context.Context, c *record.Container, n int) error {
	e.running.Add(1)
	err := c.Run(ctx, n)
	if left := e.alive.Load(); e.running.Add(-1) == 0 && left > 0 && !e.machine.Crashed() {
		e.w.Fail("RUN-1", "Run of container %q returned and left %d threads of its own behind", c.Container().ID(), left)
	}
	return err
}

// RunHere calls the Run of c, which Container has made, on the calling thread, and
// fails the World if the last Run of a container to return leaves a thread behind
// (RUN-1).
func (s *Stage) RunHere(ctx context.Context, c *record.Container, n int) error {
	return c.Env().(*env).run(ctx, c, n)
}

// Listen opens a listener on AMQP's port (§2.1) of the container's host; a nil
// handler means the defaults.
func (s *Stage) Listen(c *record.Container, h container.ListenHandler) *record.Listener {
	l, err := c.Listen(":5672", h)
	if err != nil {
		s.World.FailError(err)
	}
	return l
}

// Run runs c with n threads, on a thread of its own, which is software of the
// container's host and has its name. An error of Run fails the World.
func (s *Stage) Run(c *record.Container, n int) *sim.Thread {
	id := c.Container().ID()
	return s.Net.Host(id).Go(id, func() {
		if err := s.RunHere(context.Background(), c, n); err != nil {
			s.World.FailError(fmt.Errorf("container %q: Run: %w", id, err))
		}
	})
}

// JoinRun waits for a Run that auto-stop ends when what the sentence says has
// come about. If it does not end, the failure says that rule RUN-6 is broken.
func (s *Stage) JoinRun(run *sim.Thread, when string) {
	met := s.World.Expect("RUN-6", "Run returns when "+when)
	run.Join()
	met()
}

// Finish notes that the run has come to its planned end, where nothing may be
// lost or pending.
func (s *Stage) Finish() {
	s.World.Recorder().Note(history.Event{Name: history.NoteFinished})
}
