package sim

// Once is a sync.Once of the World.
type Once struct {
	object  object
	running bool
	done    bool
}

// NewOnce returns a Once.
//
//go:norace
func (w *World) NewOnce(name string) *Once {
	o := &Once{}
	o.object.init(w, onceObject, name)
	return o
}

// Do calls f if it is the first call of Do, and returns when that f has returned.
// An f that panics counts as returned; one that calls Do blocks for ever.
//
//go:norace
func (o *Once) Do(f func()) {
	if w := o.object.w; w.outside() {
		first := ask(w, o.enter)
		o.object.acquire()
		if first {
			defer o.object.release()
			defer w.cross(o.leave)
			f()
		}
		return
	}
	if o.enter() {
		defer o.leave()
		f()
	}
}

// enter says whether f is to be called.
func (o *Once) enter() bool {
	t := o.object.await(OpDo, 0, !o.running)
	if o.done {
		return false
	}
	o.running, o.object.holder = true, t
	o.object.disableAll()
	return true
}

func (o *Once) leave() {
	o.running, o.done, o.object.holder = false, true, nil
	o.object.enableAll()
}
