package netsim

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// TestHealCore ends what hinders the core and freezes the rest: faults in force stay
// there, those to come do not act.
func TestHealCore(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty(
			"stall *->broker @byte 2 for 10s",
			"stall *<-broker @byte 2 for 10s",
			"partition broker->other for 10s",
			"reset *->broker @byte 100",
			"refuse *->broker @time 1s for 20s",
			"crash client @time 5s",
		))
		w.Go("accept", func() {
			c, err := x.listen.Accept()
			if err != nil {
				return
			}
			io.Copy(io.Discard, c)
		})
		x.send(x.c, "0123456789")
		x.send(x.s, "0123456789")
		x.receive(x.s, "01")
		w.Sleep(2 * time.Second)
		_, err := dial(x.Host("client"))
		x.want(err != nil, "a dial passes the fault")
		x.HealCore("client", "broker")
		x.receive(x.s, "23456789")
		x.receive(x.c, "0123456789")
		x.send(x.c, strings.Repeat("y", 200))
		x.receive(x.s, strings.Repeat("y", 200))
		d, err := dial(x.Host("client"))
		x.must(err, "dial inside the core")
		d.Close()
		w.Sleep(time.Minute)
		x.want(x.Host("client").Up(), "the crash that was planned came")
		o := w.Go("other", func() {
			ctx, cancel := w.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			_, err := x.Host("other").Dial(ctx, "tcp", "broker:5672")
			x.want(err != nil && w.Elapsed() > time.Hour, "a host outside the core gets through at %v: %v", w.Elapsed(), err)
		})
		o.Join()
		x.Inject(MustParseFault("stall client->broker for 1h"))
		x.send(x.c, "still")
		x.receive(x.s, "still")
		x.Heal()
		c, err := dial(x.Host("other"))
		x.must(err, "dial when all is healed")
		x.must(c.Close(), "close")
		x.must(x.listen.Close(), "close")
	})
}

// TestHealCoreRestartsHosts of the core alone.
func TestHealCoreRestartsHosts(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := New(w, faulty("crash a @time 1s", "crash b @time 1s for 10s", "crash c @time 1s for 10s"))
		y := &scene{Network: x, w: w}
		w.Sleep(2 * time.Second)
		x.HealCore("a", "b")
		y.want(x.Host("a").Up() && x.Host("b").Up() && !x.Host("c").Up(), "the core is not up, or c is")
		w.Sleep(time.Minute)
		y.want(!x.Host("c").Up(), "a frozen host has restarted")
		x.Heal()
		y.want(x.Host("c").Up(), "c is down after all was healed")
	})
}

// double is a predicate that holds back each "<" until it knows whether "<<" follows,
// which is its place.
func double() Predicate {
	pending := false
	return func(p []byte) int {
		for i, b := range p {
			if pending && b == '<' {
				return max(i-1, 0)
			}
			pending = b == '<'
		}
		if pending {
			return -2
		}
		return -1
	}
}

// TestPredicateHoldsBytes finds a place before what tells it, however the bytes are
// cut, and keeps nothing back for ever.
func TestPredicateHoldsBytes(t *testing.T) {
	const text = "a<b<<c"
	for size := 1; size <= len(text); size++ {
		stories(t, func(w *sim.World) {
			o := faulty("reset client->broker @when double")
			o.Predicate = func(name string) (func() Predicate, error) {
				if name != "double" {
					return nil, errors.New("no such predicate")
				}
				return double, nil
			}
			x := connected(w, o)
			for i := 0; i < len(text); i += size {
				x.c.Write([]byte(text[i:min(i+size, len(text))]))
			}
			b, err := io.ReadAll(x.s)
			x.want(string(b) == "a<b" && err != nil, "in pieces of %d: read %q, %v", size, b, err)
		})
	}
	stories(t, func(w *sim.World) { // the end comes while a byte is held
		o := faulty("reset client->broker @when double")
		o.Predicates = map[string]func() Predicate{"double": double}
		x := connected(w, o)
		x.send(x.c, "a<")
		x.receive(x.s, "a")
		x.must(x.c.Close(), "close")
		b, err := io.ReadAll(x.s)
		x.want(string(b) == "<" && err == nil, "read %q, %v", b, err)
	})
	stories(t, func(w *sim.World) { // the sender cannot go on while a byte is held
		o := faulty("reset client->broker @when double")
		o.Predicates = map[string]func() Predicate{"double": double}
		o.Path.SendBuffer = 1
		x := connected(w, o)
		writing := w.Go("write", func() { x.send(x.c, "<><>") })
		x.receive(x.s, "<><>")
		writing.Join()
	})
}

func TestUnknownPredicate(t *testing.T) {
	r := story(t, 1, func(w *sim.World) {
		o := faulty("reset client->broker @when nothing#1")
		o.Predicate = func(name string) (func() Predicate, error) { return nil, errors.New("no " + name) }
		New(w, o)
	})
	if f := r.Failure; f == nil || !strings.Contains(f.Message, "no nothing#1") {
		t.Errorf("the failure is %v", f)
	}
}
