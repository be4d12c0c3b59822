package sim

// Once is a sync.Once of the World.
type Once struct {
	object  object
	running bool
	done    bool
}

// NewOnce returns a Once.
func (w *World) NewOnce(name string) *Once {
	o := &Once{}
	o.object.init(w, onceObject, name)
	return o
}

// Do calls f if it is the first call of Do, and returns when that f has returned.
// An f that panics counts as returned; one that calls Do blocks for ever.
func (o *Once) Do(f func()) {
	t := o.object.await(OpDo, 0, !o.running)
	if o.done {
		return
	}
	o.running, o.object.holder = true, t
	o.object.queue.setAll(false)
	defer func() {
		o.running, o.done, o.object.holder = false, true, nil
		o.object.queue.setAll(true)
	}()
	f()
}
