package sim

// Case is a case of Select: Chan.SendCase, Chan.RecvCase, Context.DoneCase or
// Default.
type Case struct {
	c     chooser
	send  bool
	deflt bool
	v     any   // *T: to be sent, or for what is received; may be nil for a receive
	ok    *bool // for the ok of a receive; may be nil
}

// chooser is a channel, seen from Select.
type chooser interface {
	// header returns what the channel shares with other objects.
	header() *object
	// ready says whether the case could be done now.
	ready(k *Case) bool
	// do does it.
	do(k *Case)
	// wait queues the thread for case number i.
	wait(k *Case, t *Thread, i int) any
	// unqueue takes the thread out of the queue, because another case was done.
	unqueue(send bool, parked any)
	// leave ends the waiting of a thread that is in no queue any more; served
	// says that this case was done by another thread.
	leave(k *Case, parked any, served bool)
}

// selection is what a thread keeps for its Select.
type selection struct {
	t      *Thread
	waits  []caseWait // by case
	served int        // the case that another thread has done
}

type caseWait struct {
	c      chooser
	send   bool
	parked any // *parked[T]
}

// serve notes that another thread has done case i, and ends the waiting for the
// others before anybody can do one of them, too.
func (s *selection) serve(i int) {
	s.served = i
	for j := range s.waits {
		if k := &s.waits[j]; j != i && k.c != nil {
			k.c.unqueue(k.send, k.parked)
		}
	}
}

// Default returns the case that is taken if no other is ready.
func Default() Case { return Case{deflt: true} }

// SendCase returns the case of sending v.
//
//go:norace
func (c *Chan[T]) SendCase(v T) Case {
	if c == nil {
		return Case{send: true}
	}
	return Case{c: c, send: true, v: &v}
}

// RecvCase returns the case of receiving into v and ok, either of which may be
// nil.
//
//go:norace
func (c *Chan[T]) RecvCase(v *T, ok *bool) Case {
	if c == nil {
		return Case{}
	}
	return Case{c: c, v: v, ok: ok}
}

// Select does one of the cases, and waits until it can. It returns the index of
// the case done. Of several that are ready it takes any, drawn from the thread's
// own stream. Without a case it blocks for ever.
//
//go:norace
func (w *World) Select(cases ...Case) int {
	if w.outside() {
		own := make([]Case, len(cases))
		//lint:ignore S1001 copy would tell the race detector
		for i := range cases {
			own[i] = cases[i]
		}
		e := newEdge()
		i := ask(w, func() int { w.thread(); w.hold(e); return w.Select(own...) })
		w.meet()
		return i
	}
	t := w.thread()
	t.op, t.object = Op{Kind: OpSelect, Write: true}, nil
	if o := soleObject(cases); o != nil {
		o.enter()
		t.op.Object, t.object = o.id, o
	}
	w.step(t)
	if i := w.selectNow(t, cases); i >= 0 {
		return i
	}
	return w.selectWait(t, cases)
}

// soleObject returns the first channel of the cases: the one that the operation
// is recorded for.
func soleObject(cases []Case) *object {
	for i := range cases {
		if cases[i].c != nil {
			return cases[i].c.header()
		}
	}
	return nil
}

// selectNow does a case that is ready, or the default, and returns -1 if there is
// neither.
func (w *World) selectNow(t *Thread, cases []Case) int {
	n, deflt := 0, -1
	for i := range cases {
		k := &cases[i]
		switch {
		case k.deflt:
			deflt = i
		case k.c != nil && k.c.ready(k):
			n++
		}
	}
	if n == 0 {
		return deflt
	}
	n = w.choose(t, n)
	for i := range cases {
		if k := &cases[i]; k.c != nil && k.c.ready(k) {
			if n--; n < 0 {
				k.c.do(k)
				return i
			}
		}
	}
	panic("sim: a ready case is gone")
}

// selectWait queues the thread on all channels until one case has been done.
func (w *World) selectWait(t *Thread, cases []Case) int {
	s := &t.selects
	s.waits = s.waits[:0]
	s.served = -1
	for i := range cases {
		k := &cases[i]
		wait := caseWait{c: k.c, send: k.send}
		if k.c != nil {
			wait.parked = k.c.wait(k, t, i)
		}
		s.waits = append(s.waits, wait)
	}
	w.block(t)
	for i := range cases {
		if k := &cases[i]; k.c != nil {
			k.c.leave(k, s.waits[i].parked, i == s.served)
		}
	}
	clear(s.waits)
	s.waits = s.waits[:0]
	return s.served
}

func (c *Chan[T]) header() *object { return &c.object }

func (c *Chan[T]) ready(k *Case) bool {
	if k.send {
		return c.closed || c.recvq.first() != nil || c.count < len(c.ring)
	}
	return c.closed || c.sendq.first() != nil || c.count > 0
}

//go:norace
func (c *Chan[T]) do(k *Case) {
	if k.send {
		c.trySend(*k.v.(*T))
		return
	}
	v, ok, _ := c.tryRecv()
	c.give(k, v, ok)
}

//go:norace
func (c *Chan[T]) give(k *Case, v T, ok bool) {
	if to, _ := k.v.(*T); to != nil {
		*to = v
	}
	if k.ok != nil {
		*k.ok = ok
	}
}

//go:norace
func (c *Chan[T]) wait(k *Case, t *Thread, i int) any {
	if k.send {
		return c.park(&c.sendq, t, *k.v.(*T), i)
	}
	var none T
	return c.park(&c.recvq, t, none, i)
}

func (c *Chan[T]) unqueue(send bool, waiting any) {
	if p := waiting.(*parked[T]); send {
		c.sendq.remove(p)
	} else {
		c.recvq.remove(p)
	}
}

func (c *Chan[T]) leave(k *Case, waiting any, served bool) {
	p := waiting.(*parked[T])
	v, ok := p.v, p.ok
	c.release(p)
	switch {
	case !served:
	case !k.send:
		c.give(k, v, ok)
	case !ok:
		c.panicClosed()
	}
}
