package reference

import (
	"errors"
	"net"
	"sync"

	"github.com/collider-amqp/collider/container/wire"
)

// Config of a server. The zero value selects all defaults.
type Config struct {
	// MaxFrameSize is the max-frame-size of the server's open. Default: 65536.
	MaxFrameSize uint32
	// ChannelMax is the channel-max of the server's open. Default: 255.
	ChannelMax uint16
	// SASL makes the server insist on a SASL layer with ANONYMOUS.
	SASL bool

	_ struct{}
}

// Server accepts AMQP connections. Its methods may be called by several goroutines.
type Server struct {
	cfg Config

	mu        sync.Mutex
	bug       Bug
	listeners []net.Listener
	conns     map[net.Conn]bool
	opened    int // connections so far
	stuck     bool
	closed    bool
	serving   sync.WaitGroup
}

// New returns a server without bugs.
func New(cfg Config) *Server {
	if cfg.MaxFrameSize == 0 {
		cfg.MaxFrameSize = 65536
	}
	if cfg.ChannelMax == 0 {
		cfg.ChannelMax = 255
	}
	return &Server{cfg: cfg, conns: map[net.Conn]bool{}}
}

// SetBug makes the server break one rule, and obey all others. It holds for connections that are accepted later.
func (s *Server) SetBug(b Bug) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bug = b
}

// Serve accepts connections until the listener or the server is closed. It may be called for several listeners.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	s.listeners = append(s.listeners, l)
	s.mu.Unlock()
	for {
		nc, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		s.start(nc)
	}
}

func (s *Server) start(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		nc.Close()
		return
	}
	s.opened++
	s.conns[nc] = true
	c := &conn{server: s, nc: nc, cfg: s.cfg, bug: s.bug, number: s.opened, stuck: s.stuck}
	c.remoteMax = wire.MinMaxFrameSize
	s.serving.Add(1)
	go func() {
		defer s.serving.Done()
		c.serve()
		nc.Close()
		s.mu.Lock()
		delete(s.conns, nc)
		s.mu.Unlock()
	}()
}

// Close closes all listeners and connections and waits for the connections' goroutines.
func (s *Server) Close() {
	s.die()
	s.serving.Wait()
}

// die closes all listeners and connections, as the end of a process does.
func (s *Server) die() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, l := range s.listeners {
		l.Close()
	}
	for nc := range s.conns {
		nc.Close()
	}
}

// hang makes every later connection be accepted and not answered.
func (s *Server) hang() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stuck = true
}
