package container

import (
	"context"
	"net"
	"sync"
)

// memory is a Transport of net.Pipe streams, which buffer nothing: a write
// blocks until the peer reads, and there is no TryWrite.
type memory struct {
	mu        sync.Mutex
	listeners map[string]*memoryListener
}

func newMemory() *memory { return &memory{listeners: make(map[string]*memoryListener)} }

func (m *memory) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	m.mu.Lock()
	l := m.listeners[address]
	m.mu.Unlock()
	if l == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: net.UnknownNetworkError(address)}
	}
	near, far := net.Pipe()
	select {
	case l.accepted <- far:
		return near, nil
	case <-l.closed:
	case <-ctx.Done():
	}
	near.Close()
	far.Close()
	return nil, net.ErrClosed
}

func (m *memory) Listen(_, address string) (net.Listener, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := &memoryListener{address: address, accepted: make(chan net.Conn), closed: make(chan struct{})}
	m.listeners[address] = l
	return l, nil
}

type memoryListener struct {
	address  string
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case nc := <-l.accepted:
		return nc, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *memoryListener) Addr() net.Addr { return memoryAddr(l.address) }

type memoryAddr string

func (memoryAddr) Network() string  { return "memory" }
func (a memoryAddr) String() string { return string(a) }

// dialTo is a Transport whose Dial is a function, and which cannot listen.
type dialTo func(ctx context.Context) (net.Conn, error)

func (f dialTo) Dial(ctx context.Context, _, _ string) (net.Conn, error) { return f(ctx) }

func (dialTo) Listen(string, string) (net.Listener, error) { return nil, net.ErrClosed }
