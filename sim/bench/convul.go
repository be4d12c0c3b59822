package bench

import "github.com/collider-amqp/collider/sim"

// conVulPrograms are the races behind vulnerabilities of the Linux kernel and of
// Firefox, as two threads on a few variables.
func conVulPrograms() []Program {
	return []Program{
		program("ConVul/CVE-2009-3547", "a pipe is used after its release", 4, cve20093547),
		program("ConVul/CVE-2011-2183", "a list is tested without the lock and taken from behind it", 3, cve20112183),
		program("ConVul/CVE-2015-7550", "a key is tested before the lock and used behind it", 6, cve20157550),
		program("ConVul/CVE-2016-1973", "a singleton is found and then released", 5, cve20161973),
		program("ConVul/CVE-2016-7911", "a pointer is tested, cleared under a lock, and used", 8, cve20167911),
		program("ConVul/CVE-2016-9806", "a pointer set under a lock is freed behind it by both", 3, cve20169806),
		program("ConVul/CVE-2017-15265", "a port is deleted between its creation and its use", 0, cve201715265).study("0/20"),
		program("ConVul/CVE-2017-6346", "both threads free one pointer", 15, cve20176346),
	}
}

func cve20093547(w *sim.World, fixed bool) {
	m := w.NewMutex("inode")
	pipe := w.NewInt64("pipe", 1)
	spawn(w,
		func() {
			m.Lock()
			defer m.Unlock()
			if fixed && pipe.Load() == 0 {
				return
			}
			assert(w, pipe.Load() != 0, "nil pipe")
		},
		func() {
			m.Lock()
			defer m.Unlock()
			pipe.Store(0)
		})
}

// cve20112183 has a scan that tests without the lock whether the list has an element,
// and an exit that takes its element out, unless the scan is at it.
func cve20112183(w *sim.World, fixed bool) {
	m := w.NewMutex("list")
	first, cursor := w.NewInt64("first", 1), w.NewInt64("cursor", 0)
	spawn(w,
		func() {
			if first.Load() == 0 || cursor.Load() != 0 {
				return
			}
			m.Lock()
			slot := first.Load()
			cursor.Store(slot)
			m.Unlock()
			assert(w, fixed || slot != 0, "the head of the list taken for an element")
		},
		func() {
			m.Lock()
			defer m.Unlock()
			if cursor.Load() != 1 {
				first.Store(0)
			}
		})
}

func cve20157550(w *sim.World, fixed bool) {
	m := w.NewMutex("key")
	revoked, payload := w.NewInt64("revoked", 0), w.NewInt64("payload", 1)
	spawn(w,
		func() {
			if !fixed && revoked.Load() == 1 {
				return
			}
			m.Lock()
			defer m.Unlock()
			if fixed && revoked.Load() == 1 {
				return
			}
			assert(w, payload.Load() != 0, "nil payload")
		},
		func() {
			m.Lock()
			defer m.Unlock()
			revoked.Store(1)
			payload.Store(0)
		})
}

func cve20161973(w *sim.World, fixed bool) {
	m := w.NewMutex("instance")
	instance, refs, freed := w.NewInt64("instance", 1), w.NewInt64("refs", 1), w.NewInt64("freed", 0)
	section := func(f func()) func() {
		return func() {
			if fixed {
				m.Lock()
				defer m.Unlock()
			}
			f()
		}
	}
	spawn(w,
		section(func() {
			if instance.Load() != 0 {
				refs.Add(1)
				assert(w, freed.Load() == 0, "instance used after free")
			}
		}),
		section(func() {
			if refs.Add(-1) == 0 {
				instance.Store(0)
				freed.Store(1)
			}
		}))
}

func cve20167911(w *sim.World, fixed bool) {
	m := w.NewMutex("task")
	context := w.NewInt64("context", 1)
	spawn(w,
		func() {
			if fixed {
				m.Lock()
				defer m.Unlock()
			}
			if context.Load() != 0 {
				assert(w, context.Load() != 0, "nil context")
			}
		},
		func() {
			m.Lock()
			defer m.Unlock()
			context.Store(0)
		})
}

func cve20169806(w *sim.World, fixed bool) {
	m := w.NewMutex("socket")
	buffer := w.NewInt64("buffer", 0)
	freed := array(w, "freed", 3)
	dump := func(mine int64) func() {
		return func() {
			m.Lock()
			buffer.Store(mine)
			if fixed {
				defer m.Unlock()
			} else {
				m.Unlock()
			}
			p := buffer.Load()
			assert(w, freed[p].Swap(1) == 0, "freed twice")
		}
	}
	spawn(w, dump(1), dump(2))
}

func cve201715265(w *sim.World, fixed bool) {
	m := w.NewMutex("ports")
	port, freed := w.NewInt64("port", 0), w.NewInt64("freed", 0)
	spawn(w,
		func() {
			m.Lock()
			port.Store(1)
			if fixed {
				defer m.Unlock()
			} else {
				m.Unlock()
			}
			assert(w, freed.Load() == 0, "port used after free")
		},
		func() {
			m.Lock()
			defer m.Unlock()
			if port.Load() == 1 {
				port.Store(0)
				freed.Store(1)
			}
		})
}

func cve20176346(w *sim.World, fixed bool) {
	m, all := w.NewMutex("fanout"), w.NewMutex("all")
	rollover, members := w.NewInt64("rollover", 0), w.NewInt64("members", 0)
	freed := array(w, "freed", 3)
	add := func(mine int64) func() {
		return func() {
			if fixed {
				all.Lock()
				defer all.Unlock()
			}
			if rollover.Load() == 0 {
				rollover.Store(mine)
			}
			m.Lock()
			inc(members, 1)
			m.Unlock()
			if p := rollover.Load(); p != 0 {
				assert(w, freed[p].Swap(1) == 0, "freed twice")
				rollover.Store(0)
			}
		}
	}
	spawn(w, add(1), add(2))
}
