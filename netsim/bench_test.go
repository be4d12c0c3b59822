package netsim

import (
	"io"
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// bench runs body b.N times in one World and reports steps per run.
func bench(b *testing.B, body func(w *sim.World)) {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	s := &sim.Scenario{Name: "bench", Run: body, Steps: 1 << 40}
	steps := uint64(0)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := sim.Execute(w, s, sim.RunConfig{Seed: uint64(i), EarlyClock: -1, Strategy: random})
		if r.Failure != nil {
			b.Fatal(r.Failure)
		}
		steps += r.Steps
	}
	b.ReportMetric(float64(steps)/float64(b.N), "steps/op")
}

var random, _ = sim.ParseStrategy("random")

// A run's fixed cost: a network, two hosts, two connections, no bytes.
func BenchmarkConnect2(b *testing.B) {
	bench(b, func(w *sim.World) {
		x := connected(w, Options{})
		c, s := x.connect()
		for _, e := range []*Conn{x.c, x.s, c, s} {
			x.must(e.Close(), "close")
		}
	})
}

// One message of 200 bytes from thread to thread, answered by 40 bytes.
func BenchmarkMessage(b *testing.B) {
	for _, mode := range []struct {
		name string
		path Path
	}{{"instant", Path{}}, {"split", Path{Split: SplitRandom}}, {"latency", Path{Latency: 1e6, Jitter: 1e6}}} {
		b.Run(mode.name, func(b *testing.B) { benchMessage(b, mode.path) })
	}
}

func benchMessage(b *testing.B, p Path) {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	var steps uint64
	s := &sim.Scenario{Name: "bench", Steps: 1 << 40, Run: func(w *sim.World) {
		x := connected(w, Options{Path: p})
		w.Go("peer", func() {
			var msg [200]byte
			for {
				if _, err := io.ReadFull(x.s, msg[:]); err != nil {
					return
				}
				x.s.Write(msg[:40])
			}
		})
		var msg [200]byte
		from := w.Step()
		b.ResetTimer()
		for b.Loop() {
			x.c.Write(msg[:])
			io.ReadFull(x.c, msg[:40])
		}
		steps = w.Step() - from
		x.c.Close()
	}}
	b.ReportAllocs()
	if r := sim.Execute(w, s, sim.RunConfig{Seed: 1, EarlyClock: -1, Strategy: random}); r.Failure != nil {
		b.Fatal(r.Failure)
	}
	b.ReportMetric(float64(steps)/float64(b.N), "steps/op")
}

// Bytes per second through one stream in writes of 16 KiB.
func BenchmarkThroughput(b *testing.B) {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	s := &sim.Scenario{Name: "bench", Steps: 1 << 40, Run: func(w *sim.World) {
		x := connected(w, Options{})
		w.Go("sink", func() {
			buf := make([]byte, 16<<10)
			for {
				if _, err := x.s.Read(buf); err != nil {
					return
				}
			}
		})
		buf := make([]byte, 16<<10)
		b.SetBytes(int64(len(buf)))
		b.ResetTimer()
		for b.Loop() {
			x.c.Write(buf)
		}
		x.c.Close()
	}}
	b.ReportAllocs()
	if r := sim.Execute(w, s, sim.RunConfig{Seed: 1, EarlyClock: -1, Strategy: random}); r.Failure != nil {
		b.Fatal(r.Failure)
	}
}
