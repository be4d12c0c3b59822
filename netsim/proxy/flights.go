package proxy

import "time"

// flights is the queue of stretches of bytes under way, in order.
type flights struct {
	q    []flight
	head int
}

// flight says that the bytes before end arrive at the given time.
type flight struct {
	end uint64
	at  time.Duration
}

// maxFlights bounds the queue: a sender of more pieces at a time has to wait.
const maxFlights = 4096

func (f *flights) clear() { f.q, f.head = f.q[:0], 0 }

func (f *flights) empty() bool { return f.head == len(f.q) }

func (f *flights) full() bool { return len(f.q)-f.head >= maxFlights }

// push adds a stretch; it arrives no earlier than the one before.
func (f *flights) push(end uint64, at time.Duration) {
	if !f.empty() {
		if l := &f.q[len(f.q)-1]; at <= l.at {
			l.end = end
			return
		}
	}
	if f.head > 0 && len(f.q) == cap(f.q) {
		f.q = f.q[:copy(f.q, f.q[f.head:])]
		f.head = 0
	}
	f.q = append(f.q, flight{end, at})
}

// next is the time of the next arrival.
func (f *flights) next() time.Duration {
	if f.empty() {
		return never
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
