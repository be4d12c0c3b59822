package proxy

import (
	"errors"
	"io"
	"os"
	"time"
)

// patience is how long a receiver that takes nothing keeps back a reset.
const patience = 20 * time.Millisecond

// receive reads what the sender writes, as long as there is room.
func (s *stream) receive() {
	defer s.c.p.all.Done()
	for {
		b := s.awaitSpace()
		if b == nil {
			return
		}
		if n, err := s.from.nc.Read(b); !s.received(n, err) {
			return
		}
	}
}

// awaitSpace waits for room in the ring. It returns nil if none is needed any more.
func (s *stream) awaitSpace() []byte {
	for {
		s.c.p.mu.Lock()
		b, end := s.space(), s.c.over || s.from.dead
		s.c.p.mu.Unlock()
		switch {
		case end:
			return nil
		case len(b) > 0:
			return b
		}
		s.awaitRoom()
	}
}

// received takes the result of a Read, and reports whether there is to be another.
func (s *stream) received(n int, err error) bool {
	s.c.p.mu.Lock()
	defer s.c.p.mu.Unlock()
	if s.c.over || s.from.dead {
		return false
	}
	if n > 0 {
		s.push(n)
	}
	if err == nil {
		return true
	}
	s.read = true
	if errors.Is(err, io.EOF) && !s.from.broken {
		s.finish()
	} else {
		s.c.lost(s.from)
	}
	return false
}

// deliver hands over what has arrived, at its time.
func (s *stream) deliver() {
	p := s.c.p
	defer p.all.Done()
	timer := time.NewTimer(never)
	defer timer.Stop()
	for {
		p.mu.Lock()
		b, at := s.due(p.now())
		over, drain := s.c.over, s.truncating && !s.to.dead
		if len(b) > 0 {
			s.hurry()
		}
		p.mu.Unlock()
		switch {
		case over:
			return
		case drain:
			s.drain()
			continue
		case len(b) > 0:
			s.offer()
			continue
		}
		timer.Reset(p.until(at))
		select {
		case <-timer.C:
		case <-s.wake:
		case <-s.c.done:
		}
	}
}

// hurry bounds the wait for a receiver that takes nothing while a reset is on its
// way to it.
func (s *stream) hurry() {
	switch {
	case s.reset.sent:
		s.limited = true
		s.to.nc.SetWriteDeadline(s.c.p.began.Add(max(s.reset.at, s.c.p.now()) + patience))
	case s.limited:
		s.limited = false
		s.to.nc.SetWriteDeadline(time.Time{})
	}
}

// refused notes that a wait for the receiver's socket has ended without it.
func (s *stream) refused(err error) {
	s.c.p.mu.Lock()
	defer s.c.p.mu.Unlock()
	s.waits = false
	if errors.Is(err, os.ErrDeadlineExceeded) && s.reset.sent && s.c.p.now() >= s.reset.at+patience {
		s.stuck = true
	}
}

// drain resets the receiver when its system has all that was handed over.
func (s *stream) drain() {
	s.to.awaitSent(s.c.done)
	s.c.p.mu.Lock()
	defer s.c.p.mu.Unlock()
	s.c.kill(s.to)
	s.c.settle()
}
