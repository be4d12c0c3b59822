package sim

import (
	"slices"

	"github.com/collider-amqp/collider/sim/choice"
)

// stretch is a number of steps that one thread made in a row, by Thread.Hash.
type stretch struct {
	thread uint64
	steps  uint32
}

// parent is a run that showed a class for the first time: what it decided and what
// it aimed at.
type parent struct {
	record []stretch
	aims   []class
	found  int // classes that it showed first
	tries  int // runs that came of it
}

// The bounds of a corpus: parents, and stretches of a record, whose rest is not
// kept.
const (
	maxParents   = 128
	maxStretches = 1 << 12
)

// corpus is the set of parents.
type corpus struct {
	parents []parent
	record  []stretch // of the run in progress
}

// note records a step.
func (c *corpus) note(t *Thread) {
	if n := len(c.record); n > 0 && c.record[n-1].thread == t.hash {
		c.record[n-1].steps++
	} else if n < maxStretches {
		c.record = append(c.record, stretch{t.hash, 1})
	}
}

// keep makes the run that has ended a parent, in place of the one that has been
// used most if there are too many.
func (c *corpus) keep(aims []aim, found int) {
	p := parent{record: slices.Clone(c.record), found: found}
	for i := range aims {
		p.aims = append(p.aims, aims[i].class)
	}
	if len(c.parents) < maxParents {
		c.parents = append(c.parents, p)
		return
	}
	worst := 0
	for i := range c.parents {
		if c.parents[i].tries > c.parents[worst].tries {
			worst = i
		}
	}
	c.parents[worst] = p
}

// draw returns one of some parents drawn, the one that was used least for what it
// found; nil if there is none.
func (c *corpus) draw(s *choice.Stream) *parent {
	if len(c.parents) == 0 {
		return nil
	}
	best := &c.parents[s.IntN(len(c.parents))]
	for range corpusDraws - 1 {
		if p := &c.parents[s.IntN(len(c.parents))]; p.tries*best.found < best.tries*p.found {
			best = p
		}
	}
	best.tries++
	return best
}

const corpusDraws = 4

// mutate returns a changed copy of a record in buf: some stretches are left out,
// put elsewhere, or cut in two with another between the halves; now and then the
// end is cut off.
func mutate(record, buf []stretch, s *choice.Stream) []stretch {
	buf = append(buf[:0], record...)
	for range 1 + s.IntN(maxMutations) {
		if len(buf) < 2 {
			break
		}
		i := s.IntN(len(buf))
		switch s.IntN(4) {
		case 0:
			buf = slices.Delete(buf, i, i+1)
		case 1:
			g := buf[i]
			buf = slices.Delete(buf, i, i+1)
			buf = slices.Insert(buf, s.IntN(len(buf)+1), g)
		case 2:
			other := buf[s.IntN(len(buf))]
			if first := uint32(s.IntN(int(buf[i].steps) + 1)); first > 0 && first < buf[i].steps {
				rest := stretch{buf[i].thread, buf[i].steps - first}
				buf[i].steps = first
				buf = slices.Insert(buf, i+1, stretch{other.thread, 1 + uint32(s.IntN(int(other.steps)))}, rest)
			}
		case 3:
			buf = buf[:1+i]
		}
	}
	return buf
}

const maxMutations = 4

// follower follows a record as Replay does, without the last word on what comes
// after it.
type follower struct {
	record  []stretch
	at      int
	left    uint32
	threads map[uint64]*Thread
}

func (f *follower) begin(record []stretch) {
	f.record, f.at, f.left = record, -1, 0
	if f.threads == nil {
		f.threads = make(map[uint64]*Thread)
	}
	clear(f.threads)
}

// next returns the thread that goes by the record, nil after its end. What cannot
// be followed is passed over.
func (f *follower) next() *Thread {
	for {
		if f.left == 0 {
			if f.at+1 >= len(f.record) {
				f.at = len(f.record)
				return nil
			}
			f.at++
			f.left = f.record[f.at].steps
		}
		if t := f.threads[f.record[f.at].thread]; t != nil && t.at >= 0 {
			f.left--
			return t
		}
		f.left = 0
	}
}
