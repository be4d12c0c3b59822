//go:build race

package netsim

import (
	"runtime"
	"unsafe"
)

// The state of a network belongs to the kernel, which in race builds works apart
// from the threads' programs (sim.World.Outside). What is declared here are the
// happens-before edges between programs: those that the race detector sees between
// the users of real sockets, and fewer.
//
//   - Operations on one end of a connection are ordered as they were made, like those
//     on a file descriptor, whose lock they take; so are those on a listener.
//   - A Read that returns bytes, or io.EOF, comes after every earlier Write to its
//     stream. (In package syscall it comes after every Write of the process.)
//   - The software that a restart boots comes after the calls of OnRestart and after
//     what has restarted its host.
//   - Nothing else: neither Dial and Accept nor Close and the io.EOF that it leads
//     to.
//
// A network with an Observer is seen as a whole by one, which orders whatever
// threads do on it. A Predicate comes after what its network's maker did before New.

// edge stands for a happens-before edge from a program to the kernel.
type edge unsafe.Pointer

// newEdge returns an edge that begins here.
//
//go:norace
func newEdge() edge {
	e := unsafe.Pointer(new(uint64))
	runtime.RaceRelease(e)
	return edge(e)
}

// reach lets the kernel come after e.
func reach(e edge) { runtime.RaceAcquire(unsafe.Pointer(e)) }

// lock and unlock stand at the beginning and the end of an operation on an end of a
// connection or on a listener.

//go:norace
func (c *Conn) lock() {
	pass(unsafe.Pointer(&c.p))
	c.p.n.toObserver()
}

//go:norace
func (c *Conn) unlock() { pass(unsafe.Pointer(&c.p)) }

//go:norace
func (l *Listener) lock() {
	pass(unsafe.Pointer(&l.h))
	l.h.n.toObserver()
}

//go:norace
func (l *Listener) unlock() { pass(unsafe.Pointer(&l.h)) }

// pass orders the caller after those who have passed p before.
//
//go:norace
func pass(p unsafe.Pointer) {
	runtime.RaceAcquire(p)
	runtime.RaceReleaseMerge(p)
}

// sends stands before a Write hands bytes to s, received after a Read from it has
// returned.

//go:norace
func (s *stream) sends() { runtime.RaceReleaseMerge(unsafe.Pointer(&s.n)) }

//go:norace
func (s *stream) received() { runtime.RaceAcquire(unsafe.Pointer(&s.n)) }

// toBoots stand before what can start the software of a host, or of all of them;
// booting is called by that software.

//go:norace
func (h *Host) toBoots() { runtime.RaceReleaseMerge(unsafe.Pointer(&h.boots)) }

//go:norace
func (n *Network) toBoots() { runtime.RaceReleaseMerge(unsafe.Pointer(&n.hosts)) }

//go:norace
func (h *Host) booting() {
	runtime.RaceAcquire(unsafe.Pointer(&h.boots))
	runtime.RaceAcquire(unsafe.Pointer(&h.n.hosts))
}

// toObserver and observing are the two ends of the edges to an Observer.

//go:norace
func (n *Network) toObserver() {
	if n.observer != nil {
		runtime.RaceReleaseMerge(unsafe.Pointer(&n.observer))
	}
}

func (n *Network) observing() { runtime.RaceAcquire(unsafe.Pointer(&n.observer)) }

// hasRead and hasWritten tell the detector how the program has used its bytes, which
// the kernel has moved by move.

//go:norace
func hasRead(b []byte) {
	if len(b) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(&b[0]), len(b))
	}
}

//go:norace
func hasWritten(b []byte) {
	if len(b) > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(&b[0]), len(b))
	}
}

// move is copy, which the detector does not see.
//
//go:norace
func move(to, from []byte) int {
	n := min(len(to), len(from))
	for i := range n {
		to[i] = from[i]
	}
	return n
}

// privately returns a copy of a program's bytes that the detector has seen nobody
// write.
//
//go:norace
func privately(b []byte) []byte {
	own := make([]byte, len(b))
	move(own, b)
	return own
}

// privateNames does that for names.
//
//go:norace
func privateNames(names []string) []string {
	own := make([]string, len(names))
	for i := range names {
		own[i] = string(privately([]byte(names[i])))
	}
	return own
}
