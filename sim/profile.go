package sim

import (
	"cmp"
	"slices"
)

// Profile is what profile runs of a scenario told about its threads and the
// objects that they contend for: how many steps each thread makes, and how many
// of them on each object. Threads and objects are known by Thread.Hash and
// Thread.ObjectKey, which last from run to run. A Profile is immutable; several
// Worlds may use one at once.
type Profile struct {
	index   map[uint64]int32 // thread by hash
	steps   []uint64         // by thread, with those of its descendants
	objects []contended
}

// contended is an object on which at least two threads operate, one of which
// writes.
type contended struct {
	key    uint64
	shares []share // in order of thread
}

// share is the number of a thread's steps on an object, with those of its
// descendants.
type share struct {
	thread int32
	steps  uint64
}

// maxContended bounds the objects of a Profile: the first ones met are kept.
const maxContended = 1 << 12

// Contended returns the number of objects that threads contend for.
func (p *Profile) Contended() int {
	if p == nil {
		return 0
	}
	return len(p.objects)
}

// thread returns the number of the thread in the profile, below 0 if it has none.
func (p *Profile) thread(t *Thread) int32 {
	if i, ok := p.index[t.hash]; ok {
		return i
	}
	return -1
}

// Profiler is the random walk that notes what the threads do. A number of runs
// with it, of fixed seeds, make a Profile.
type Profiler struct {
	walk    randomWalk
	index   map[uint64]int32
	threads []profiled
	current []int32 // by thread of the run
	objects map[uint64]int32
	touched []touched
}

// profiled is a thread over all profile runs.
type profiled struct {
	parent int32 // below 0: none
	runs   uint64
	steps  uint64
}

// touched is an object over all profile runs; users are in order of appearance.
type touched struct {
	key    uint64
	writes bool
	users  []share
}

// NewProfiler returns a Profiler that has seen no run.
func NewProfiler() *Profiler {
	return &Profiler{index: map[uint64]int32{}, objects: map[uint64]int32{}}
}

// Name implements Strategy.
func (p *Profiler) Name() string { return "profile" }

// Follow implements Follower: each step counts.
func (p *Profiler) Follow() bool { return true }

// Begin implements Strategy.
func (p *Profiler) Begin(r *RunInfo) {
	p.walk.Begin(r)
	p.current = p.current[:0]
}

// Spawn implements Strategy.
func (p *Profiler) Spawn(t, parent *Thread) {
	i, ok := p.index[t.hash]
	if !ok {
		i = int32(len(p.threads))
		p.index[t.hash] = i
		up := int32(-1)
		if parent != nil {
			up = p.current[parent.id]
		}
		p.threads = append(p.threads, profiled{parent: up})
	}
	p.threads[i].runs++
	p.current = append(p.current, i)
}

// Pick implements Strategy.
func (p *Profiler) Pick(run []*Thread, last *Thread) *Thread {
	t := run[0]
	if len(run) > 1 {
		t = p.walk.Pick(run, last)
	}
	i := p.current[t.id]
	p.threads[i].steps++
	if t.object != nil {
		p.touch(i, t.object.key, t.op.Write)
	}
	return t
}

func (p *Profiler) touch(thread int32, key uint64, write bool) {
	i, ok := p.objects[key]
	if !ok {
		i = int32(len(p.touched))
		p.objects[key] = i
		p.touched = append(p.touched, touched{key: key})
	}
	o := &p.touched[i]
	o.writes = o.writes || write
	for j := range o.users {
		if o.users[j].thread == thread {
			o.users[j].steps++
			return
		}
	}
	o.users = append(o.users, share{thread, 1})
}

// Profile returns what the runs so far told: means over the runs in which a
// thread was there, rounded up, so that a rare step counts.
func (p *Profiler) Profile() *Profile {
	out := &Profile{index: make(map[uint64]int32, len(p.index))}
	for h, i := range p.index {
		out.index[h] = i
	}
	out.steps = make([]uint64, len(p.threads))
	for i := range p.threads {
		p.rollUp(out.steps, int32(i), p.threads[i].steps)
	}
	sum := make([]uint64, len(p.threads))
	for i := range p.touched {
		o := &p.touched[i]
		if len(o.users) < 2 || !o.writes || len(out.objects) == maxContended {
			continue
		}
		clear(sum)
		for _, u := range o.users {
			p.rollUp(sum, u.thread, u.steps)
		}
		c := contended{key: o.key}
		for thread, n := range sum {
			if n > 0 {
				c.shares = append(c.shares, share{int32(thread), n})
			}
		}
		out.objects = append(out.objects, c)
	}
	slices.SortFunc(out.objects, func(a, b contended) int { return cmp.Compare(a.key, b.key) })
	return out
}

// rollUp adds the mean of a thread's steps to itself and its ancestors.
func (p *Profiler) rollUp(sum []uint64, thread int32, steps uint64) {
	n := (steps + p.threads[thread].runs - 1) / p.threads[thread].runs
	for i := thread; i >= 0; i = p.threads[i].parent {
		sum[i] += n
	}
}
