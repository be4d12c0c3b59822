package bench

import "github.com/collider-amqp/collider/sim"

// crowdPrograms are the programs of the CS family in which one thread must come
// before many others.
func crowdPrograms() []Program {
	reorder := func(name string, setters int, published float64) Program {
		return program(name, "a check between the two stores of a setter, with no other setter done", published,
			func(w *sim.World, fixed bool) { reorder(w, fixed, setters) })
	}
	stages := func(name string, writers, readers int, published float64) Program {
		return program(name, "a read between the two stages of a write, with no other write done", published,
			func(w *sim.World, fixed bool) { twoStage(w, fixed, writers, readers) })
	}
	return []Program{
		reorder("CS/reorder_3", 2, 7),
		reorder("CS/reorder_4", 3, 7),
		reorder("CS/reorder_5", 4, 10),
		reorder("CS/reorder_10", 9, 17),
		reorder("CS/reorder_100", 99, 194),
		stages("CS/twostage", 1, 1, 8),
		stages("CS/twostage_20", 10, 10, 6),
		stages("CS/twostage_100", 99, 1, 454),
	}
}

func reorder(w *sim.World, fixed bool, setters int) {
	a, b := w.NewInt64("a", 0), w.NewInt64("b", 0)
	m := w.NewMutex("m")
	section := func(f func()) func() {
		if !fixed {
			return f
		}
		return func() {
			m.Lock()
			defer m.Unlock()
			f()
		}
	}
	set := section(func() {
		a.Store(1)
		b.Store(-1)
	})
	check := section(func() {
		assert(w, a.Load() == 0 && b.Load() == 0 || a.Load() == 1 && b.Load() == -1, "half of a pair is set")
	})
	spawn(w, append(times(setters, set), check)...)
}

func twoStage(w *sim.World, fixed bool, writers, readers int) {
	all, m1, m2 := w.NewMutex("all"), w.NewMutex("m1"), w.NewMutex("m2")
	d1, d2 := w.NewInt64("d1", 0), w.NewInt64("d2", 0)
	section := func(f func()) func() {
		if !fixed {
			return f
		}
		return func() {
			all.Lock()
			defer all.Unlock()
			f()
		}
	}
	write := section(func() {
		m1.Lock()
		d1.Store(1)
		m1.Unlock()
		m2.Lock()
		d2.Store(d1.Load() + 1)
		m2.Unlock()
	})
	read := section(func() {
		m1.Lock()
		if d1.Load() == 0 {
			m1.Unlock()
			return
		}
		t1 := d1.Load()
		m1.Unlock()
		m2.Lock()
		t2 := d2.Load()
		m2.Unlock()
		assert(w, t2 == t1+1, "the first stage without the second")
	})
	spawn(w, append(times(writers, write), times(readers, read)...)...)
}
