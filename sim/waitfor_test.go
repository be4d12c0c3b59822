package sim_test

import (
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
)

func TestCycleThroughJoinAndLocks(t *testing.T) {
	r := once(t, func(w *sim.World) {
		m, o := w.NewRWMutex("m"), w.NewOnce("o")
		var a, b *sim.Thread
		start := sim.NewChan[int](w, "start", 0)
		a = w.Go("a", func() { m.Lock(); start.Recv(); o.Do(func() {}) })
		b = w.Go("b", func() { o.Do(func() { start.Recv(); w.Go("c", m.RLock).Join() }) })
		start.Send(1)
		start.Send(1)
		a.Join()
		b.Join()
	})
	wantFailure(t, r, sim.Deadlock, "main/a waits for main/b, main/b waits for main/b/c, main/b/c waits for main/a")
}

func TestMessagesHideAddresses(t *testing.T) {
	type box struct{ p *int }
	r := once(t, func(w *sim.World) { panic(box{new(int)}) })
	wantFailure(t, r, sim.Panicked, "panic: {0x…} [main]")
	r = once(t, func(w *sim.World) { panic("code 0x1f, 0xc000012345 and 0x") })
	wantFailure(t, r, sim.Panicked, "panic: code 0x1f, 0x… and 0x [main]")
}

func TestLongListsAreCut(t *testing.T) {
	r := once(t, func(w *sim.World) {
		for range 100 {
			w.Go("t", func() { w.Select() })
		}
	})
	if s := r.Failure.Error(); strings.Count(s, "\n") != 31 || !strings.HasSuffix(s, "and 70 more") || len(r.Failure.Threads) != 100 {
		t.Errorf("%d threads\n%s", len(r.Failure.Threads), s)
	}
}

func TestThreadsAreBounded(t *testing.T) {
	r := once(t, func(w *sim.World) {
		for {
			w.Go("t", func() {})
		}
	})
	wantFailure(t, r, sim.Livelock, "131072 threads made [main]")
}
