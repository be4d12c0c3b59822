package netsim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// crowd is a busy network: three clients, an echoing broker, delays, splits,
// healed after a minute.
func crowd(faults ...string) func(w *sim.World) {
	return func(w *sim.World) {
		o := Options{Path: Path{Latency: 3 * time.Millisecond, Jitter: 5 * time.Millisecond, Split: SplitRandom, ReceiveBuffer: 64, SendBuffer: 64}}
		for _, f := range faults {
			o.Faults = append(o.Faults, MustParseFault(f))
		}
		o.Predicates = map[string]func() Predicate{"six": func() Predicate {
			return func(p []byte) int { return bytes.IndexByte(p, '6') }
		}}
		x := listening(w, o)
		w.AfterFunc(time.Minute, x.Heal)
		echoes := w.NewWaitGroup("echoes")
		broker := w.Go("broker", func() {
			for {
				s, err := x.listen.Accept()
				if err != nil {
					return
				}
				echoes.Go("echo", func() {
					s.SetReadDeadline(w.Now().Add(2 * time.Minute))
					io.Copy(s, s)
					s.Close()
				})
			}
		})
		g := w.NewWaitGroup("clients")
		for i := range 3 {
			g.Go("client", func() {
				c, err := x.Host(fmt.Sprintf("client%d", i)).Dial(context.Background(), "tcp", "broker:5672")
				if err != nil {
					return
				}
				defer c.Close()
				c.SetReadDeadline(w.Now().Add(2 * time.Minute)) // an end may be lost for good
				for j := range 4 {
					msg := []byte(fmt.Sprintf("message %d of %d: %0*d", j, i, 10*j, 0))
					if _, err := c.Write(msg); err != nil {
						return
					}
					n, err := io.ReadFull(c, msg)
					w.Observe(uint64(n), choice.Hash(string(msg)))
					if err != nil {
						return
					}
				}
			})
		}
		g.Wait()
		x.listen.Close()
		broker.Join()
		echoes.Wait()
	}
}

func TestSameSeedSameRun(t *testing.T) {
	faults := []string{"stall client1<-broker#1 @byte 20 for 40ms", "reset client2->broker @byte 30", "partition client0->broker @time 10ms for 20ms"}
	s := &sim.Scenario{Name: "crowd", Run: crowd(faults...)}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	digests := map[uint64]bool{}
	for seed := range uint64(50) {
		alone := sim.NewWorld(sim.Options{})
		a := sim.Execute(alone, s, sim.RunConfig{Seed: seed})
		alone.Close()
		b := sim.Execute(w, s, sim.RunConfig{Seed: seed})
		if a.Failure != nil || b.Failure != nil {
			t.Fatalf("seed %d: %v, %v", seed, a.Failure, b.Failure)
		}
		if a.Digest != b.Digest || a.Steps != b.Steps || a.Time != b.Time {
			t.Errorf("seed %d: alone %x (%d steps, %v), after others %x (%d steps, %v)",
				seed, a.Digest, a.Steps, a.Time, b.Digest, b.Steps, b.Time)
		}
		digests[a.Digest] = true
	}
	if len(digests) != 50 {
		t.Errorf("50 seeds gave %d digests", len(digests))
	}
}

// arrivals runs two connections with jitter and splits and returns what the
// second one's reader saw and when.
func arrivals(t *testing.T, faults ...string) (seen string) {
	o := faulty(faults...)
	o.Path.Jitter, o.Path.Split = time.Second, SplitRandom
	r := story(t, 7, func(w *sim.World) {
		x := connected(w, o)
		c, s := x.connect()
		w.Go("first", func() {
			for range 5 {
				x.c.Write(make([]byte, 10))
				w.Sleep(time.Second)
			}
		})
		w.Go("writer", func() {
			for range 10 {
				x.send(c, "0123456789")
				w.Sleep(time.Second)
			}
			c.Close()
		})
		var b [64]byte
		for {
			n, err := s.Read(b[:])
			if err != nil {
				return
			}
			seen += fmt.Sprintf("%d@%v ", n, w.Elapsed())
		}
	})
	if r.Failure != nil {
		t.Fatal(r.Failure)
	}
	return seen
}

func TestRemovingAFaultLeavesOtherStreamsAlone(t *testing.T) {
	with := arrivals(t, "stall client<-broker#2 @byte 1", "reset client->broker#1 @byte 25")
	without := arrivals(t)
	if with != without || without == "" {
		t.Errorf("the second connection saw\n%s\nwith faults on the first,\n%s\nwithout", with, without)
	}
}

func TestNoThreadsLeak(t *testing.T) {
	r := story(t, 3, crowd())
	if r.Failure != nil {
		t.Fatal(r.Failure)
	}
	if r.Threads > 1+1+3+3 {
		t.Errorf("%d threads: the network has made some of its own", r.Threads)
	}
}
