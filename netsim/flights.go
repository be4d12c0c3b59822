package netsim

import (
	"math"
	"time"
)

// flights is the queue of stretches of bytes under way, in order. Its memory is
// kept.
type flights struct {
	q    []flight
	head int
}

// flight says that the bytes before end arrive at the given time.
type flight struct {
	end uint64
	at  time.Duration
	out time.Duration // when the last of them leaves its host
}

func (f *flights) clear() { f.q, f.head = f.q[:0], 0 }

func (f *flights) empty() bool { return f.head == len(f.q) }

// push adds a stretch that leaves at out; it arrives no earlier than the one before.
func (f *flights) push(end uint64, at, out time.Duration) {
	if !f.empty() {
		l := &f.q[len(f.q)-1]
		if at <= l.at {
			l.end, l.out = end, out
			return
		}
	}
	if f.head > 0 && len(f.q) == cap(f.q) {
		f.q = f.q[:copy(f.q, f.q[f.head:])]
		f.head = 0
	}
	f.q = append(f.q, flight{end, at, out})
}

// next is the time of the next arrival, the largest if there is none.
func (f *flights) next() time.Duration {
	if f.empty() {
		return math.MaxInt64
	}
	return f.q[f.head].at
}

// last is the time of the last arrival, 0 if there is none.
func (f *flights) last() time.Duration {
	if f.empty() {
		return 0
	}
	return f.q[len(f.q)-1].at
}

// depart removes the stretches that have not left their host by now and returns the
// offset before which all bytes have, arrived if none is left.
func (f *flights) depart(now time.Duration, arrived uint64) (end uint64) {
	for n := len(f.q); n > f.head; n-- {
		if f.q[n-1].out <= now {
			return f.q[n-1].end
		}
		f.q = f.q[:n-1]
	}
	f.clear()
	return arrived
}

// land removes what has arrived by now and returns the offset before which all
// bytes have, 0 if nothing was removed.
func (f *flights) land(now time.Duration) (end uint64) {
	for !f.empty() && f.q[f.head].at <= now {
		end = f.q[f.head].end
		f.head++
	}
	if f.empty() {
		f.clear()
	}
	return end
}
