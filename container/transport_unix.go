//go:build unix

package container

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// withTryWrite adds the optional non-blocking write to a socket of package net;
// any other connection is returned as it is.
func withTryWrite(nc net.Conn) net.Conn {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nc
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nc
	}
	s := &socket{Conn: nc, raw: raw}
	s.attempt = s.writeOnce
	return s
}

// socket is a connection of package net with TryWrite. At most one thread is in
// TryWrite at a time.
type socket struct {
	net.Conn
	raw     syscall.RawConn
	attempt func(fd uintptr) bool // writeOnce, bound once: no closure per write

	p   []byte
	n   int
	err error
}

// TryWrite writes as much of p as the socket's send buffer takes.
func (s *socket) TryWrite(p []byte) (int, error) {
	s.p, s.n, s.err = p, 0, nil
	err := s.raw.Write(s.attempt)
	s.p = nil
	if err == nil {
		err = s.err
	}
	if err != nil {
		return s.n, &net.OpError{Op: "write", Net: s.LocalAddr().Network(), Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: err}
	}
	return s.n, nil
}

// writeOnce never asks the poller to wait: it always returns true.
func (s *socket) writeOnce(fd uintptr) bool {
	for s.n < len(s.p) {
		n, err := syscall.Write(int(fd), s.p[s.n:])
		switch {
		case n > 0:
			s.n += n
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return true
		case err != nil:
			s.err = err
			return true
		default:
			s.err = io.ErrUnexpectedEOF
			return true
		}
	}
	return true
}

// CloseWrite shuts the sending direction, if the socket can.
func (s *socket) CloseWrite() error {
	if hc, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return hc.CloseWrite()
	}
	return errors.ErrUnsupported
}
