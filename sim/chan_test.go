package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

func TestChanKeepsOrder(t *testing.T) {
	for size := range 4 {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			pass(t, func(w *sim.World) {
				c := sim.NewChan[int](w, "c", size)
				w.Go("sender", func() {
					for i := range 6 {
						c.Send(i)
					}
					c.Close()
				})
				for i := 0; ; i++ {
					v, ok := c.Recv()
					if !ok {
						if i != 6 || v != 0 {
							w.Fail("CHAN", "closed after %d values with %d", i, v)
						}
						break
					}
					if v != i {
						w.Fail("CHAN", "value %d is %d", i, v)
					}
				}
			})
		})
	}
}

// What every sender sends is received once, whatever sort of operation does it.
func TestChanConserves(t *testing.T) {
	for size := range 3 {
		pass(t, func(w *sim.World) {
			c := sim.NewChan[int](w, "c", size)
			senders, receivers := w.NewWaitGroup("senders"), w.NewWaitGroup("receivers")
			got := map[int]int{}
			for i := range 3 {
				senders.Go("sender", func() {
					for j := range 3 {
						if v := 10*i + j; i == 0 {
							w.Select(c.SendCase(v))
						} else if !c.TrySend(v) {
							c.Send(v)
						}
					}
				})
			}
			for i := range 2 {
				receivers.Go("receiver", func() {
					for ok := true; ok; {
						var v int
						switch got := false; i {
						case 0:
							if v, ok, got = c.TryRecv(); !got {
								v, ok = c.Recv()
							}
						case 1:
							w.Select(c.RecvCase(&v, &ok))
						}
						if ok {
							got[v]++
						}
					}
				})
			}
			senders.Wait()
			c.Close()
			receivers.Wait()
			for i := range 3 {
				for j := range 3 {
					if n := got[10*i+j]; n != 1 {
						w.Fail("CHAN", "%d received %d times", 10*i+j, n)
					}
				}
			}
		})
	}
}

// An operation that is about to begin is not seen by one that does not wait: the
// lost wake-up of a select with default on an unbuffered channel.
func TestTrySendSeesOnlyWhoWaits(t *testing.T) {
	got := outcomes(t, func(w *sim.World) string {
		c := sim.NewChan[int](w, "c", 0)
		ready := w.NewInt64("ready", 0)
		r := w.Go("receiver", func() {
			ready.Store(1)
			c.Recv()
		})
		for ready.Load() == 0 {
			w.Yield()
		}
		if !c.TrySend(1) {
			c.Send(1)
			r.Join()
			return "lost"
		}
		r.Join()
		return "sent"
	})
	wantOutcomes(t, got, "lost", "sent")
}

// Who has waited for virtual time is in the channel's queue for certain, and is
// served first.
func TestWaitersAreServedInOrder(t *testing.T) {
	w := newWorld(t)
	s := scenario(func(w *sim.World) {
		c := sim.NewChan[int](w, "c", 0)
		for i := range 3 {
			w.Go("sender", func() {
				w.Sleep(time.Duration(i) * time.Second)
				c.Send(i)
			})
		}
		w.Sleep(time.Minute)
		if !func() bool { _, _, got := c.TryRecv(); return got }() {
			w.Fail("CHAN", "the first sender is not there after a minute")
		}
		for i := 1; i < 3; i++ {
			if v, _ := c.Recv(); v != i {
				w.Fail("CHAN", "sender %d was served as number %d", v, i)
			}
		}
	})
	for seed := range uint64(200) {
		if r := sim.Execute(w, s, sim.RunConfig{Seed: seed, EarlyClock: -1}); r.Failure != nil {
			t.Fatal(r.Failure)
		}
	}
}

func TestChanMisuse(t *testing.T) {
	wantMisuse(t, "close of closed channel (channel c)", func(w *sim.World) {
		c := sim.NewChan[int](w, "c", 1)
		c.Close()
		c.Close()
	})
	wantMisuse(t, "send on closed channel", func(w *sim.World) {
		c := sim.NewChan[int](w, "c", 1)
		c.Close()
		c.Send(1)
	})
	wantMisuse(t, "send on closed channel", func(w *sim.World) {
		c := sim.NewChan[int](w, "c", 0)
		w.Go("closer", func() { w.Sleep(time.Second); c.Close() })
		c.Send(1)
	})
	wantMisuse(t, "send on closed channel", func(w *sim.World) {
		c, d := sim.NewChan[int](w, "c", 0), sim.NewChan[int](w, "d", 0)
		w.Go("closer", func() { w.Sleep(time.Second); c.Close() })
		w.Select(d.RecvCase(nil, nil), c.SendCase(1))
	})
	wantMisuse(t, "send on closed channel", func(w *sim.World) {
		c := sim.NewChan[int](w, "c", 1)
		c.Close()
		w.Select(c.SendCase(1), sim.Default())
	})
	wantMisuse(t, "makechan: size out of range", func(w *sim.World) { sim.NewChan[int](w, "c", -1) })
}

func TestChanLen(t *testing.T) {
	pass(t, func(w *sim.World) {
		c := sim.NewChan[string](w, "c", 2)
		c.Send("a")
		if c.Len() != 1 || c.Cap() != 2 || c.Name() != "c" {
			w.Fail("CHAN", "%d of %d in %s", c.Len(), c.Cap(), c.Name())
		}
		c.Close()
		if v, ok := c.Recv(); v != "a" || !ok {
			w.Fail("CHAN", "%q, %v after Close", v, ok)
		}
		if _, ok, got := c.TryRecv(); ok || !got {
			w.Fail("CHAN", "a closed channel gives a value")
		}
	})
}

func TestSelectTakesAnyReadyCase(t *testing.T) {
	got := outcomes(t, func(w *sim.World) string {
		a, b, full := sim.NewChan[int](w, "a", 1), sim.NewChan[int](w, "b", 1), sim.NewChan[int](w, "full", 0)
		a.Send(1)
		var v int
		var ok bool
		return fmt.Sprint(w.Select(a.RecvCase(&v, &ok), full.SendCase(0), b.SendCase(2)), v, ok)
	})
	wantOutcomes(t, got, "0 1 true", "2 0 false")
}

func TestSelectDefault(t *testing.T) {
	pass(t, func(w *sim.World) {
		c := sim.NewChan[int](w, "c", 1)
		var none *sim.Chan[int]
		if i := w.Select(none.RecvCase(nil, nil), c.RecvCase(nil, nil), sim.Default(), none.SendCase(1)); i != 2 {
			w.Fail("SELECT", "case %d of an empty channel", i)
		}
		c.Send(1)
		if i := w.Select(sim.Default(), c.RecvCase(nil, nil)); i != 1 {
			w.Fail("SELECT", "case %d of a full channel", i)
		}
	})
}

// A thread that waits in several queues is served by one of them only.
func TestSelectIsServedOnce(t *testing.T) {
	got := outcomes(t, func(w *sim.World) string {
		a, b := sim.NewChan[int](w, "a", 0), sim.NewChan[int](w, "b", 0)
		sent := 0
		w.Go("a", func() {
			if a.TrySend(1) {
				sent++
			}
		})
		w.Go("b", func() {
			if b.TrySend(2) {
				sent++
			}
		})
		w.Go("late", func() { w.Sleep(time.Second); a.TrySend(3) })
		var v, u int
		i := w.Select(a.RecvCase(&v, nil), b.RecvCase(&u, nil))
		w.Sleep(time.Hour)
		return fmt.Sprint(i, v, u, sent)
	})
	for o := range got {
		switch o {
		case "0 1 0 1", "1 0 2 1", "0 3 0 0":
		case "deadlock: 1 thread blocked for ever": // an early clock: nobody waited yet
		default:
			t.Errorf("outcome %s", o)
		}
	}
	if len(got) < 3 {
		t.Errorf("outcomes %v", got)
	}
}

func TestSelectBothWays(t *testing.T) {
	pass(t, func(w *sim.World) {
		a, b := sim.NewChan[int](w, "a", 0), sim.NewChan[int](w, "b", 0)
		total := 0
		x := w.Go("x", func() {
			for range 4 {
				var v int
				w.Select(a.SendCase(1), b.RecvCase(&v, nil))
				total += v
			}
		})
		for range 4 {
			var v int
			w.Select(a.RecvCase(&v, nil), b.SendCase(1))
			total += v
		}
		x.Join()
		if total != 4 {
			w.Fail("SELECT", "%d values of 4", total)
		}
	})
}

func TestSelectOfNothingBlocks(t *testing.T) {
	wantFailure(t, once(t, func(w *sim.World) { w.Select() }), sim.Deadlock, "main: blocked in select")
}

func TestSelectWithClose(t *testing.T) {
	pass(t, func(w *sim.World) {
		stop, c := sim.NewChan[struct{}](w, "stop", 0), sim.NewChan[int](w, "c", 0)
		worker := w.Go("worker", func() {
			for n := 0; ; n++ {
				if w.Select(stop.RecvCase(nil, nil), c.RecvCase(nil, nil)) == 0 {
					return
				}
			}
		})
		c.Send(1)
		c.Send(2)
		stop.Close()
		worker.Join()
	})
}

// In one thread, a channel of the World answers as Go's do.
func TestChanAgreesWithGo(t *testing.T) {
	once(t, func(w *sim.World) {
		s := w.Rand("ops")
		for range 300 {
			size := s.IntN(4)
			real, c := make(chan int, size), sim.NewChan[int](w, "c", size)
			closed := false
			for i := range 30 {
				switch s.IntN(8) {
				case 0, 1, 2:
					if closed {
						continue
					}
					want := false
					select {
					case real <- i:
						want = true
					default:
					}
					if got := c.TrySend(i); got != want {
						t.Errorf("send %v, want %v", got, want)
					}
				case 3, 4, 5:
					var want, v int
					var wantOK, ok bool
					wantCase := 1
					select {
					case want, wantOK = <-real:
						wantCase = 0
					default:
					}
					if got := w.Select(c.RecvCase(&v, &ok), sim.Default()); got != wantCase || v != want || ok != wantOK {
						t.Errorf("case %d, value %d, %v, want %d, %d, %v", got, v, ok, wantCase, want, wantOK)
					}
				case 6:
					if c.Len() != len(real) || c.Cap() != cap(real) {
						t.Errorf("%d of %d, want %d of %d", c.Len(), c.Cap(), len(real), cap(real))
					}
				case 7:
					if !closed && s.Bool(0.2) {
						closed = true
						close(real)
						c.Close()
					}
				}
			}
		}
	})
}
