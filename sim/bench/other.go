package bench

import "github.com/collider-amqp/collider/sim"

// otherPrograms are those of Shuttle's demonstrations.
func otherPrograms() []Program {
	return []Program{
		program("Shuttle/uneven_25", "a thread of one store comes after one of twenty-five", 0, uneven),
		program("Shuttle/uneven_tasks", "a thread of one store comes after twenty-five threads", 0, unevenTasks),
	}
}

const unevenStores = 25

func uneven(w *sim.World, fixed bool) {
	v := w.NewInt64("v", 2)
	short := func() { v.Store(0) }
	long := func() {
		for range unevenStores {
			v.Store(1)
		}
	}
	if fixed {
		spawn(w, short)
		spawn(w, long)
	} else {
		spawn(w, short, long)
	}
	assert(w, v.Load() != 0, "the short thread came last")
}

func unevenTasks(w *sim.World, fixed bool) {
	v := w.NewInt64("v", 2)
	short := func() { v.Store(0) }
	long := func() {
		for range unevenStores {
			w.Go("task", func() { v.Store(1) }).Join()
		}
	}
	if fixed {
		spawn(w, short)
		spawn(w, long)
	} else {
		spawn(w, short, long)
	}
	assert(w, v.Load() != 0, "the short thread came last")
}
