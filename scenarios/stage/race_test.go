//go:build race

package stage_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
)

// raceCase is a program of two accesses to *n, ordered by what stands between them
// if ordered, and by nothing that the race detector knows otherwise.
type raceCase struct {
	name string
	// always says that no schedule orders the accesses of the other variant; else
	// what the threads do besides orders them in some.
	always bool
	run    func(w *sim.World, n *int, ordered bool)
}

// raceSeeds is the number of schedules in which each program is judged.
const raceSeeds = 100

var raceCases = []raceCase{
	{"write-read", true, func(w *sim.World, n *int, ordered bool) {
		bytesPass(w, netsim.Options{}, n, ordered)
	}},
	{"write-read-late", true, func(w *sim.World, n *int, ordered bool) {
		bytesPass(w, netsim.Options{Path: netsim.Path{Latency: time.Millisecond, Split: netsim.SplitBytes}}, n, ordered)
	}},
	{"write-read-with-faults", true, func(w *sim.World, n *int, ordered bool) {
		bytesPass(w, netsim.Options{Faults: []netsim.Fault{
			netsim.MustParseFault("stall a->b @byte 1 for 2s"), netsim.MustParseFault("refuse nobody->b @time 1s"),
		}}, n, ordered)
	}},
	{"other-connection", true, func(w *sim.World, n *int, ordered bool) {
		// A Read comes after the Writes of its own stream only.
		network := netsim.New(w, netsim.Options{})
		a, b := connect(w, network)
		c, _ := connect(w, network)
		mine := a
		if !ordered {
			mine = c
			w.Go("other", func() { mustIO(w)(a.Write([]byte("x"))) })
		}
		w.Go("writer", func() {
			*n++
			mustIO(w)(mine.Write([]byte("x")))
		})
		mustIO(w)(b.Read(make([]byte, 1)))
		*n++
	}},
	{"close-eof", true, func(w *sim.World, n *int, ordered bool) {
		// As with sockets, the end of a stream orders nothing.
		a, b := connect(w, netsim.New(w, netsim.Options{}))
		closer := w.Go("closer", func() {
			*n++
			a.Close()
		})
		b.Read(make([]byte, 1))
		if ordered {
			closer.Join()
		}
		*n++
		closer.Join()
	}},
	{"dial-accept", true, func(w *sim.World, n *int, ordered bool) {
		network, m := netsim.New(w, netsim.Options{}), w.NewMutex("m")
		l, err := network.Host("b").Listen("tcp", ":1")
		must(w, err)
		count := func() {
			if ordered {
				m.Lock()
				defer m.Unlock()
			}
			*n++
		}
		w.Go("dialer", func() {
			count()
			_, err := network.Host("a").Dial(context.Background(), "tcp", "b:1")
			must(w, err)
		})
		_, err = l.Accept()
		must(w, err)
		count()
	}},
	{"bytes-written", true, func(w *sim.World, n *int, ordered bool) {
		// Write reads its argument.
		a, _ := connect(w, netsim.New(w, netsim.Options{}))
		p := make([]byte, 8)
		other := w.Go("other", func() { p[3] = 1 })
		if ordered {
			other.Join()
		}
		mustIO(w)(a.Write(p))
	}},
	{"bytes-read", true, func(w *sim.World, n *int, ordered bool) {
		// Read writes its argument.
		a, b := connect(w, netsim.New(w, netsim.Options{}))
		p := make([]byte, 8)
		mustIO(w)(a.Write(p))
		other := w.Go("other", func() { *n = int(p[3]) })
		if ordered {
			other.Join()
		}
		mustIO(w)(b.Read(p))
	}},
	{"restart-boot", true, func(w *sim.World, n *int, ordered bool) {
		reboots(w, n, ordered, func(_ *netsim.Network, h *netsim.Host) { h.Restart() })
	}},
	{"heal-boot", true, func(w *sim.World, n *int, ordered bool) {
		reboots(w, n, ordered, func(network *netsim.Network, h *netsim.Host) { network.HealCore(h.Name()) })
	}},
	{"crash-boot", false, func(w *sim.World, n *int, ordered bool) {
		// A boot does not come after what ran on its host before the crash.
		h := netsim.New(w, netsim.Options{}).Host("a")
		booted := w.NewWaitGroup("booted")
		booted.Add(1)
		h.OnRestart(func() {
			*n++
			booted.Done()
		})
		before := h.Go("before", func() { *n++ })
		w.Sleep(time.Second)
		if ordered {
			before.Join()
		}
		h.Crash()
		h.Restart()
		booted.Wait()
	}},
	{"callbacks", false, func(w *sim.World, n *int, ordered bool) {
		// Callbacks of two connections are not ordered, whatever the container does.
		greetGuests(w, &counter{n: n, locked: ordered})
	}},
	{"job-and-producer", false, func(w *sim.World, n *int, ordered bool) {
		withClient(w, func(c *container.Connection) {
			if ordered {
				*n++
			}
			c.WorkQueue().Add(func() {
				*n++
				c.Close(nil)
			})
			if !ordered {
				*n++
			}
		})
	}},
	{"wake", false, func(w *sim.World, n *int, ordered bool) {
		withClient(w, func(c *container.Connection) {
			if ordered {
				*n++
			}
			c.Wake()
			if !ordered {
				*n++
			}
		}, func() { *n++ })
	}},
	{"schedule", false, func(w *sim.World, n *int, ordered bool) {
		withClient(w, func(c *container.Connection) {
			if ordered {
				*n++
			}
			c.Container().Schedule(time.Second, func() {
				*n++
				c.WorkQueue().Add(func() { c.Close(nil) })
			})
			if !ordered {
				*n++
			}
		})
	}},
	{"two-queues", false, func(w *sim.World, n *int, ordered bool) {
		// Jobs of two queues run at once.
		withClient(w, func(c *container.Connection) {
			mu := c.Container().Env().NewMutex("jobs")
			free := c.Container().NewWorkQueue()
			count := func() {
				if ordered {
					mu.Lock()
					defer mu.Unlock()
				}
				*n++
			}
			free.Add(count)
			c.WorkQueue().Add(func() {
				count()
				free.Close()
				c.Close(nil)
			})
		})
	}},
}

func must(w *sim.World, err error) {
	if err != nil {
		w.FailError(err)
	}
}

func mustIO(w *sim.World) func(int, error) { return func(_ int, err error) { must(w, err) } }

// connect connects host a to host b; the two ends are returned.
func connect(w *sim.World, network *netsim.Network) (a, b net.Conn) {
	l, err := network.Host("b").Listen("tcp", ":0")
	must(w, err)
	a, err = network.Host("a").Dial(context.Background(), "tcp", l.Addr().String())
	must(w, err)
	b, err = l.Accept()
	must(w, err)
	return a, b
}

// bytesPass has a thread write, before or after it has touched *n, what another
// reads.
func bytesPass(w *sim.World, o netsim.Options, n *int, ordered bool) {
	a, b := connect(w, netsim.New(w, o))
	w.Go("writer", func() {
		if ordered {
			*n++
		}
		mustIO(w)(a.Write([]byte("hello")))
		if !ordered {
			*n++
		}
	})
	for range 2 { // once more if the bytes are split
		if k, err := b.Read(make([]byte, 5)); k == 5 || err != nil {
			must(w, err)
			break
		}
	}
	*n++
}

// reboots has a thread restart a host, before or after it has touched what the host's
// software does.
func reboots(w *sim.World, n *int, ordered bool, restart func(*netsim.Network, *netsim.Host)) {
	network := netsim.New(w, netsim.Options{})
	h, booted := network.Host("a"), w.NewWaitGroup("booted")
	booted.Add(1)
	h.OnRestart(func() {
		*n++
		booted.Done()
	})
	h.Crash()
	if ordered {
		*n++
	}
	restart(network, h)
	if !ordered {
		*n++
	}
	booted.Wait()
}

// counter counts its guests, under a mutex or not.
type counter struct {
	container.BaseHandler
	n      *int
	locked bool
	mu     sync.Locker
}

func (h *counter) OnContainerStart(c *container.Container) { h.mu = c.Env().NewMutex("guests") }

func (h *counter) OnConnectionOpen(c *container.Connection) {
	if h.locked {
		h.mu.Lock()
		defer h.mu.Unlock()
	}
	*h.n++
	c.Open(container.ConnectionOptions{})
}

func greetGuests(w *sim.World, h *counter) {
	s := stage.New(w, netsim.Options{})
	server, client := s.Container("server", h), s.Container("client", &Guest{})
	listener := s.Listen(server, nil)
	serving := s.Run(server, 3)
	for range 4 {
		must(w, client.Connect("server", container.ConnectionOptions{}))
	}
	s.JoinRun(s.Run(client, 2), "the guests have left")
	listener.Stop()
	s.JoinRun(serving, "the listener has closed")
}

// caller hands its connection to a thread once it is open, and leaves when woken.
type caller struct {
	container.BaseHandler
	opened *sim.Chan[*container.Connection]
	woken  []func()
}

func (h *caller) OnConnectionOpen(c *container.Connection) { h.opened.TrySend(c) }

func (h *caller) OnConnectionWake(c *container.Connection) {
	for _, f := range h.woken {
		f()
	}
	c.Close(nil)
}

// withClient has a thread outside the callbacks do f with an open connection; a
// wake calls woken and closes it.
func withClient(w *sim.World, f func(c *container.Connection), woken ...func()) {
	s := stage.New(w, netsim.Options{})
	h := &caller{opened: sim.NewChan[*container.Connection](w, "opened", 1), woken: woken}
	server, client := s.Container("server", &Greeter{}), s.Container("client", h)
	listener := s.Listen(server, nil)
	serving := s.Run(server, 1)
	must(w, client.Connect("server", container.ConnectionOptions{}))
	running := s.Run(client, 2)
	c, _ := h.opened.Recv()
	f(c)
	s.JoinRun(running, "the connection has closed")
	listener.Stop()
	s.JoinRun(serving, "the listener has closed")
}

// TestRaceProgram is run by TestRaces in a process of its own. It says on stderr,
// among the reports, which program they are about and in how many runs there were
// some.
func TestRaceProgram(t *testing.T) {
	kind := os.Getenv("STAGE_RACE")
	if kind == "" {
		t.Skip("is run by TestRaces")
	}
	for _, o := range raceCases {
		fmt.Fprintf(os.Stderr, "program %s\n", o.name)
		w, found := sim.NewWorld(sim.Options{}), 0
		for seed := range uint64(raceSeeds) {
			s := &sim.Scenario{Name: o.name, Run: func(w *sim.World) { o.run(w, new(int), kind == "ordered") }}
			switch r := sim.Execute(w, s, sim.RunConfig{Seed: seed}); {
			case r.Failure == nil:
			case r.Failure.Kind == sim.Raced:
				found++
			default:
				t.Errorf("%s: seed %d: %v", o.name, seed, r.Failure)
			}
		}
		w.Close()
		fmt.Fprintf(os.Stderr, "found in %d\n", found)
	}
}

// TestRaces lets the detector judge programs on the network and on the container:
// what these order is clean, and what they do not is reported, with the lines of
// both threads, in each schedule or in some.
func TestRaces(t *testing.T) {
	for _, kind := range []string{"ordered", "planted"} {
		t.Run(kind, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestRaceProgram$", "-test.timeout=5m")
			cmd.Env = append(os.Environ(), "STAGE_RACE="+kind, "GORACE=suppress_equal_stacks=0 suppress_equal_addresses=0")
			out, err := cmd.CombinedOutput()
			if (err == nil) != (kind == "ordered") || strings.Contains(string(out), "panic:") {
				t.Errorf("%v\n%.5000s", err, out)
			}
			programs := strings.Split(string(out), "program ")[1:]
			if len(programs) != len(raceCases) {
				t.Fatalf("%d programs", len(programs))
			}
			for i := range raceCases {
				raceCases[i].judge(t, kind == "ordered", programs[i])
			}
		})
	}
}

func (o *raceCase) judge(t *testing.T, ordered bool, output string) {
	report, found, _ := strings.Cut(output, "found in ")
	n := 0
	if _, err := fmt.Sscan(found, &n); err != nil {
		t.Fatalf("%s: %v", o.name, err)
	}
	t.Logf("%s: reports in %d of %d runs", o.name, n, raceSeeds)
	first, _, _ := strings.Cut(report, "Goroutine ")
	switch {
	case ordered && (n != 0 || strings.Contains(report, "DATA RACE")):
		t.Errorf("%s: an ordered program: reports in %d runs\n%.5000s", o.name, n, report)
	case !ordered && (n == 0 || o.always && n < raceSeeds):
		t.Errorf("%s: the race is reported in %d of %d runs\n%.5000s", o.name, n, raceSeeds, report)
	case !ordered && (!strings.Contains(first, "DATA RACE") || strings.Count(first, "race_test.go:") < 2):
		t.Errorf("%s: the report does not name both lines\n%.5000s", o.name, report)
	}
}
