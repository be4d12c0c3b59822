//go:build interop

package shim

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim/check"
)

// protonShim starts the shim that scenarios/interop/setup.sh has built.
func protonShim(t *testing.T) *Client {
	t.Helper()
	dir := os.Getenv("COLLIDER_INTEROP_DIR")
	if dir == "" {
		t.Fatal("COLLIDER_INTEROP_DIR is not set; run scenarios/interop/setup.sh DIR first")
	}
	c, err := Start(t.Context(), Options{Command: []string{filepath.Join(dir, "proton-cpp-shim")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

// seeds returns COLLIDER_INTEROP_SEEDS, 25 by default.
func seeds(t *testing.T) uint64 {
	s := os.Getenv("COLLIDER_INTEROP_SEEDS")
	if s == "" {
		return 25
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		t.Fatalf("COLLIDER_INTEROP_SEEDS: %v", err)
	}
	return n
}

// TestProtonKeepsItsPromises runs the programs on Debian's Proton C++. A
// violation is a fault of the shim, of a program or of the judgement, unless
// Proton's source shows the bug.
func TestProtonKeepsItsPromises(t *testing.T) {
	c := protonShim(t)
	t.Logf("Proton %s, promises %+v", c.Hello().LibVersion, c.Hello().Promises)
	ck := check.New(check.Options{})
	for _, p := range Programs() {
		began, events, n := time.Now(), 0, seeds(t)
		for seed := range n {
			h, err := RunProgram(t.Context(), c, p.Name, seed)
			if err != nil {
				t.Errorf("%s:%d: %v", p.Name, seed, err)
			}
			for _, v := range Judge(&h, c.Hello().Promises) {
				t.Errorf("%s:%d: %s: %s %v", p.Name, seed, v.Rule, v.Message, v.Seqs)
			}
			events += len(h.Events)
			ck.Check(&h)
		}
		t.Logf("%s: %d seeds, %d events, %v; of the last: %+v", p.Name, n, events, time.Since(began).Round(time.Millisecond), ck.Stats())
	}
}

// TestProtonOperations goes through the operations that the programs do not use.
func TestProtonOperations(t *testing.T) {
	c := protonShim(t)
	r := &run{ctx: t.Context(), c: c}
	p, err := r.pair(2)
	if err != nil {
		t.Fatal(err)
	}
	must := func(cmd Command) Result {
		t.Helper()
		res, err := r.do(cmd)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	free := must(Command{Op: OpOpenQueue})
	if got := must(Command{Op: OpAddWork, Queue: free.Queue, Threads: 2, N: 10, First: 1}); got.Accepted != 20 {
		t.Errorf("free queue: %+v", got)
	}
	must(Command{Op: OpSchedule, Millis: 5, Item: 1})
	must(Command{Op: OpSchedule, Millis: 5, Item: 500, Queue: p.queue})
	must(Command{Op: OpOpenReceiver, Conn: p.conn, Addr: "back", Credit: 5, Item: r.items(1)})
	must(Command{Op: OpBehave, On: "on_connection_wake", Do: DoAdd, First: 900})
	must(Command{Op: OpWake, Conn: p.conn, Threads: 1, N: 1})
	for _, what := range []struct {
		name string
		item uint64
	}{{"scheduled", 1}, {"work", 500}, {"work", 901}, {"work", 20}} {
		if err := r.await(what.name, func(e *Event) bool { return e.Kind == "exit" && e.Name == what.name && e.Item == what.item }); err != nil {
			t.Error(err)
		}
	}
	if s := must(Command{Op: OpStats}); s.Conns != 2 || s.Seq == 0 {
		t.Errorf("stats %+v", s)
	}
	must(Command{Op: OpStop})
	for _, cmd := range []Command{
		{Op: OpConnect, Addr: "127.0.0.1:1"},
		{Op: OpAddWork, Queue: 9999},
		{Op: OpBehave, On: "on_message", Do: "sing"},
	} {
		if _, err := r.do(cmd); err == nil {
			t.Errorf("%s %+v succeeded", cmd.Op, cmd)
		}
	}
	if left, err := c.Reset(t.Context()); left != 0 || err != nil {
		t.Errorf("reset: %d left, %v", left, err)
	}
}
