package bench

import "github.com/collider-amqp/collider/sim"

// csPrograms are the small programs of the CS family of SCTBench.
func csPrograms() []Program {
	return []Program{
		program("CS/account", "a reader of deposit and withdrawal checks a wrong formula", 6, account),
		program("CS/bluetooth_driver", "the stopping flag is tested before the count of pending operations is raised", 70, bluetooth),
		program("CS/carter01", "a lock is waited for while holding the one that its owner needs", 0, carter),
		program("CS/deadlock01", "two locks in opposite orders", 2, deadlock),
		program("CS/lazy01", "the third thread expects not to come last", 2, lazy),
		program("CS/arithmetic_prog", "a sum is judged by a number that it never is", 0, arithmetic).smoke(),
		program("CS/din_phil7", "the last of seven philosophers to eat must not", 0, dine).smoke(),
		program("CS/phase01", "a lock is never released", 0, phase).smoke(),
		program("CS/sync01", "nobody lowers the number that a thread waits for", 0, sync01).smoke(),
		program("CS/wronglock_3", "one writer takes another lock than the three others", 9, wrongLock),
	}
}

func account(w *sim.World, fixed bool) {
	m := w.NewMutex("m")
	const x, y, z = 1, 2, 4
	balance := w.NewInt64("balance", x)
	deposited, withdrawn := w.NewInt64("deposited", 0), w.NewInt64("withdrawn", 0)
	spawn(w,
		func() {
			m.Lock()
			defer m.Unlock()
			if deposited.Load() == 0 || withdrawn.Load() == 0 {
				return
			}
			want := int64(x - y - z)
			if fixed {
				want = x + y - z
			}
			assert(w, balance.Load() == want, "wrong balance")
		},
		func() {
			m.Lock()
			defer m.Unlock()
			inc(balance, y)
			deposited.Store(1)
		},
		func() {
			m.Lock()
			defer m.Unlock()
			inc(balance, -z)
			withdrawn.Store(1)
		})
}

func bluetooth(w *sim.World, fixed bool) {
	pending, stopping := w.NewInt64("pending", 1), w.NewInt64("stopping", 0)
	event, stopped := w.NewInt64("event", 0), w.NewInt64("stopped", 0)
	leave := func() {
		if pending.Add(-1) == 0 {
			event.Store(1)
		}
	}
	stopper := w.Go("stopper", func() {
		stopping.Store(1)
		leave()
		if event.Load() == 1 {
			stopped.Store(1)
		}
	})
	if fixed {
		pending.Add(1)
		if stopping.Load() == 0 {
			assert(w, stopped.Load() == 0, "work on a stopped driver")
		}
		leave()
	} else if stopping.Load() == 0 {
		pending.Add(1)
		assert(w, stopped.Load() == 0, "work on a stopped driver")
		leave()
	}
	stopper.Join()
}

func carter(w *sim.World, fixed bool) {
	m, l := w.NewMutex("m"), w.NewMutex("l")
	m2 := m
	if fixed {
		m2 = w.NewMutex("m2")
	}
	user := func(m *sim.Mutex, n *sim.Int64) func() {
		return func() {
			m.Lock()
			inc(n, 1)
			if n.Load() == 1 {
				l.Lock()
			}
			m.Unlock()
			m.Lock()
			inc(n, -1)
			if n.Load() == 0 {
				l.Unlock()
			}
			m.Unlock()
		}
	}
	spawn(w, user(m, w.NewInt64("A", 0)), user(m2, w.NewInt64("B", 0)), func() {}, func() {})
}

func deadlock(w *sim.World, fixed bool) {
	a, b := w.NewMutex("a"), w.NewMutex("b")
	n := w.NewInt64("n", 0)
	both := func(x, y *sim.Mutex, by int64) func() {
		return func() {
			x.Lock()
			y.Lock()
			inc(n, by)
			y.Unlock()
			x.Unlock()
		}
	}
	if fixed {
		spawn(w, both(a, b, 1), both(a, b, -1))
	} else {
		spawn(w, both(a, b, 1), both(b, a, -1))
	}
}

func lazy(w *sim.World, fixed bool) {
	m := w.NewMutex("m")
	data := w.NewInt64("data", 0)
	add := func(by int64) func() {
		return func() {
			m.Lock()
			defer m.Unlock()
			inc(data, by)
		}
	}
	limit := int64(3)
	if fixed {
		limit = 4
	}
	spawn(w, add(1), add(2), func() {
		m.Lock()
		defer m.Unlock()
		assert(w, data.Load() < limit, "came last")
	})
}

func arithmetic(w *sim.World, fixed bool) {
	const items = 3
	m := w.NewMutex("m")
	empty, full := w.NewCond(m), w.NewCond(m)
	slot, total := w.NewInt64("slot", 0), w.NewInt64("total", 0)
	spawn(w,
		func() {
			for i := int64(1); i <= items; i++ {
				m.Lock()
				for slot.Load() != 0 {
					empty.Wait()
				}
				slot.Store(i)
				full.Signal()
				m.Unlock()
			}
		},
		func() {
			for range items {
				m.Lock()
				for slot.Load() == 0 {
					full.Wait()
				}
				inc(total, slot.Load())
				slot.Store(0)
				empty.Signal()
				m.Unlock()
			}
		})
	assert(w, fixed || total.Load() != items*(items+1)/2, "the sum of 1 to 3 is 6")
}

func dine(w *sim.World, fixed bool) {
	const seats = 7
	table := w.NewMutex("table")
	forks := make([]*sim.Mutex, seats)
	for i := range forks {
		forks[i] = w.NewMutex("fork")
	}
	fed := w.NewInt64("fed", 0)
	bodies := make([]func(), seats)
	for i := range bodies {
		left, right := forks[i], forks[(i+1)%seats]
		bodies[i] = func() {
			table.Lock() // both or none
			right.Lock()
			left.Lock()
			table.Unlock()
			n := fed.Add(1)
			left.Unlock()
			right.Unlock()
			assert(w, fixed || n != seats, "the last one ate")
		}
	}
	spawn(w, bodies...)
}

func phase(w *sim.World, fixed bool) {
	x, y := w.NewMutex("x"), w.NewMutex("y")
	spawn(w, times(2, func() {
		x.Lock()
		//lint:ignore SA2001 the program is like that
		x.Unlock()
		x.Lock()
		for range 2 {
			y.Lock()
			//lint:ignore SA2001 the program is like that
			y.Unlock()
		}
		if fixed {
			x.Unlock()
		}
	})...)
}

func sync01(w *sim.World, fixed bool) {
	m := w.NewMutex("m")
	c := w.NewCond(m)
	num := w.NewInt64("num", 1)
	spawn(w,
		func() {
			m.Lock()
			defer m.Unlock()
			for num.Load() > 0 {
				c.Wait()
			}
		},
		func() {
			m.Lock()
			defer m.Unlock()
			if fixed {
				inc(num, -1)
			}
			c.Signal()
		})
}

func wrongLock(w *sim.World, fixed bool) {
	x := w.NewMutex("x")
	y := x
	if !fixed {
		y = w.NewMutex("y")
	}
	data := w.NewInt64("data", 0)
	reader := func() {
		x.Lock()
		defer x.Unlock()
		old := data.Load()
		inc(data, 1)
		assert(w, data.Load() == old+1, "written under another lock")
	}
	writer := func() {
		y.Lock()
		defer y.Unlock()
		inc(data, 1)
	}
	spawn(w, append([]func(){reader}, times(3, writer)...)...)
}
