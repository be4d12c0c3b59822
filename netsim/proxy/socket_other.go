//go:build !unix

package proxy

import (
	"errors"
	"os"
	"time"
)

// slice is how long a write may wait for the receiver while it holds the mutex.
const slice = 2 * time.Millisecond

// offer hands one piece to the receiver's socket. Without a write that never waits,
// the wait is short, and repeated.
func (s *stream) offer() {
	if s.offered() {
		return
	}
	select {
	case <-time.After(slice):
	case <-s.c.done:
	}
}

// offered reports whether the socket has taken anything, or never will.
func (s *stream) offered() bool {
	s.c.p.mu.Lock()
	defer s.c.p.mu.Unlock()
	b, _ := s.due(s.c.p.now())
	if len(b) == 0 {
		return true
	}
	s.to.nc.SetWriteDeadline(time.Now().Add(slice))
	n, err := s.to.nc.Write(b)
	if n > 0 {
		s.took(b[:n])
	}
	switch {
	case n > 0 || err == nil:
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.stuck = s.reset.sent && s.c.p.now() >= s.reset.at+patience
		return false
	default:
		s.gone()
	}
	return true
}

// awaitRoom waits until there is room in the ring. A reset is noticed when the bytes
// before it are read.
func (s *stream) awaitRoom() {
	select {
	case <-s.room:
	case <-s.c.done:
	}
}
