//go:build unix

package proxy

import (
	"errors"
	"syscall"
	"time"
)

// offer hands one piece to the receiver's socket and waits until it takes some. What
// is due is found out again under the mutex each time that the socket is tried, so
// that a fault acts even on bytes for which there was no room before.
func (s *stream) offer() {
	if err := s.to.raw.Write(s.try); err != nil {
		s.refused(err)
	}
}

// try reports whether the wait for the socket is over.
func (s *stream) try(fd uintptr) bool {
	s.c.p.mu.Lock()
	defer s.c.p.mu.Unlock()
	s.waits = false
	b, _ := s.due(s.c.p.now())
	if len(b) == 0 {
		return true
	}
	n, err := syscall.Write(int(fd), b)
	switch {
	case n > 0:
		s.took(b[:n])
	case errors.Is(err, syscall.EINTR):
	case errors.Is(err, syscall.EAGAIN):
		s.waits = !s.reset.sent || s.limited
		return !s.waits
	default:
		s.gone()
	}
	return true
}

// awaitRoom waits until there is room in the ring, and notices meanwhile if the
// sender's program has reset the connection.
func (s *stream) awaitRoom() {
	s.from.raw.Read(s.look)
	s.c.p.mu.Lock()
	defer s.c.p.mu.Unlock()
	s.full = false
	s.from.nc.SetReadDeadline(time.Time{})
}

// look reports whether there is room or no need of it. It is called when anything
// has happened to the sender's socket.
func (s *stream) look(fd uintptr) bool {
	s.c.p.mu.Lock()
	defer s.c.p.mu.Unlock()
	if s.c.over || s.from.dead || len(s.space()) > 0 {
		return true
	}
	if errno, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR); err != nil || errno != 0 {
		s.c.lost(s.from)
		return true
	}
	s.full = true
	return false
}
