package sim

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/collider-amqp/collider/sim/choice"
)

// Thread is a simulated thread. A thread is made by World.Go, runs between two
// operations on shared objects without interruption, and belongs to one run: it
// must not be kept for the next.
type Thread struct {
	// What a strategy looks at and what a contended lock switches is one line of
	// the cache.
	at    int32 // index in World.run, below 0 if not runnable
	id    int32
	op    Op
	wait  waiter // on one object
	since uint64 // step at which it became runnable

	w       *World
	object  *object // of op, nil if none
	lastRun uint64  // step
	co      *coro   // from its first step to its end
	traced  uint64  // steps in the Trace of a replay
	body    func()

	parent  *Thread
	machine *Machine // nil: none
	name    string
	index   uint32 // among the children of parent with this name, from 1
	hash    uint64 // of Name
	state   threadState
	chooses bool
	made    uint32 // objects
	streams uint32
	choice  choice.Stream // of Select, if chooses
	self    object        // what Join waits for
	sleep   timer
	selects selection
	origins origins
	unwound unwound
}

type threadState uint8

const (
	threadNew threadState = iota // made, its first step is to be made
	threadLive
	threadDone
	threadCrashed // with its machine
)

// ID returns the thread's number in this run, in order of spawning; main is 0.
//
//go:norace
func (t *Thread) ID() int { return int(t.id) }

// Name returns the thread's path: that of its parent, a slash, the name given to
// Go and, from the second child of that name on, # and its number: "main/reader#2".
// It is the same in each run in which the parent makes the same threads.
//
//go:norace
func (t *Thread) Name() string {
	if w := t.w; w.outside() {
		return ask(w, t.Name)
	}
	return t.w.names.of(t)
}

// Hash returns choice.Hash(t.Name()), which identifies the thread across runs.
//
//go:norace
func (t *Thread) Hash() uint64 { return t.hash }

// Op returns the operation that the thread will do in its next step.
//
//go:norace
func (t *Thread) Op() Op { return t.op }

// ObjectKey identifies the object of Op across runs: it depends on the thread that
// made the object and on what that thread had made before. It is 0 if there is
// none.
//
//go:norace
func (t *Thread) ObjectKey() uint64 {
	if t.object == nil {
		return 0
	}
	return t.object.key
}

// SleepsUntil returns the time since the run began at which the thread's Sleep ends,
// 0 if it is not asleep.
//
//go:norace
func (t *Thread) SleepsUntil() time.Duration {
	if t.sleep.place == 0 {
		return 0
	}
	return t.sleep.at
}

// Runnable says whether the thread's next operation can be done now.
//
//go:norace
func (t *Thread) Runnable() bool { return t.at >= 0 }

// Done says whether the thread has ended, or its machine has crashed.
//
//go:norace
func (t *Thread) Done() bool { return t.state >= threadDone }

// Go makes a thread that runs f. Its first step is to be scheduled like any
// other; Go itself is no choice point, because nobody can see the difference.
// The name need not be unique (see Thread.Name); the characters / # | and control
// characters become _, and an empty name "thread".
//
//go:norace
func (w *World) Go(name string, f func()) *Thread {
	if w.outside() {
		name = privateString(name)
		t := ask(w, func() *Thread { return w.Go(name, f) })
		t.self.release()
		return t
	}
	return w.goOn(nil, name, f)
}

// goOn makes a child of the calling thread, on the machine or, if that is nil, where
// the calling thread is.
func (w *World) goOn(m *Machine, name string, f func()) *Thread {
	w.mustLive()
	t := w.thread()
	if m == nil {
		m = t.machine
	}
	if len(w.threads) >= maxThreads {
		w.fail(&Failure{Kind: Livelock, Message: fmt.Sprintf("%d threads made", len(w.threads))})
	}
	return w.spawnOn(m, t, name, f)
}

// maxThreads bounds the threads of a run: making them costs no step.
const maxThreads = 1 << 17

// Join waits until t has ended or its machine has crashed. A thread that joins itself blocks for ever.
//
//go:norace
func (t *Thread) Join() {
	if w := t.w; w.outside() {
		w.cross(t.Join)
		t.self.acquire()
		return
	}
	t.self.await(OpJoin, 0, t.state >= threadDone)
}

// spawn makes a child of parent, on its machine.
func (w *World) spawn(parent *Thread, name string, body func()) *Thread {
	var m *Machine
	if parent != nil {
		m = parent.machine
	}
	return w.spawnOn(m, parent, name, body)
}

func (w *World) spawnOn(m *Machine, parent *Thread, name string, body func()) *Thread {
	id := len(w.threads)
	var t *Thread
	if id < len(w.spare) && w.spare[id] != nil {
		t = w.spare[id]
		t.recycle()
	} else {
		t = new(Thread)
	}
	w.threads = append(w.threads, t)
	t.w, t.id, t.at, t.parent, t.body = w, int32(id), -1, parent, body
	t.machine = m
	w.names.give(t, name)
	w.objects++
	t.self = object{w: w, id: w.objects, epoch: w.epoch, kind: threadObject, key: t.hash, label: t}
	t.wait.t, t.selects.t, t.sleep.t = t, t, t
	t.op = Op{Kind: OpStart}
	w.hooks.spawn(t, parent)
	if m != nil && m.buried() {
		t.state = threadCrashed
		w.mourn(t)
		return t
	}
	w.live++
	w.enable(t)
	return t
}

// recycle clears the thread of an earlier run; its slices stay.
func (t *Thread) recycle() {
	s, pcs := t.selects.waits, t.unwound.pcs
	*t = Thread{}
	t.selects.waits, t.unwound.pcs = s[:0], pcs[:0]
}

// exit ends a thread and returns the next one to run, nil if the run is over.
func (w *World) exit(t *Thread) *Thread {
	t.state = threadDone
	t.body = nil
	if w.over {
		return nil
	}
	w.disable(t)
	w.live--
	t.self.enableAll()
	if h := w.hooks.exit; h != nil {
		h.Exit(t)
	}
	if t.id == 0 {
		w.startDrain()
	}
	if w.live == 0 {
		w.end(nil)
		return nil
	}
	next := w.pick(t)
	if next != nil {
		w.switches++
		w.cur = next
	}
	return next
}

// nameState gives threads their names.
type nameState struct {
	count map[childKey]uint32
	path  map[uint64]string // by hash, kept from run to run
}

type childKey struct {
	parent int32
	name   string
}

// maxNames bounds what is kept from run to run.
const maxNames = 1 << 12

func (n *nameState) reset() {
	if len(n.count) > maxNames {
		n.count = make(map[childKey]uint32)
	}
	if len(n.path) > maxNames {
		n.path = make(map[uint64]string)
	}
	clear(n.count)
}

func (n *nameState) give(t *Thread, name string) {
	t.name = cleanName(name)
	if t.parent == nil {
		t.index, t.hash = 1, choice.Hash(t.name)
		return
	}
	k := childKey{t.parent.id, t.name}
	n.count[k]++
	t.index = n.count[k]
	t.hash = choice.HashMore(choice.HashMore(t.parent.hash, "/"), t.name)
	if t.index > 1 {
		var b [12]byte
		t.hash = choice.HashMore(t.hash, string(strconv.AppendUint(append(b[:0], '#'), uint64(t.index), 10)))
	}
}

func (n *nameState) of(t *Thread) string {
	if s, ok := n.path[t.hash]; ok {
		return s
	}
	s := t.name
	if t.parent != nil {
		s = n.of(t.parent) + "/" + t.name
		if t.index > 1 {
			s += "#" + strconv.FormatUint(uint64(t.index), 10)
		}
	}
	n.path[t.hash] = s
	return s
}

func cleanName(name string) string {
	if name == "" {
		return "thread"
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; c < ' ' || c == '/' || c == '#' || c == '|' || c == 0x7f {
			return strings.Map(func(r rune) rune {
				if r < ' ' || r == '/' || r == '#' || r == '|' || r == 0x7f {
					return '_'
				}
				return r
			}, name)
		}
	}
	return name
}
