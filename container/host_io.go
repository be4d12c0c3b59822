package container

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/collider-amqp/collider/container/engine"
)

// The I/O threads of a connection: one that dials, one that reads, one that
// writes while a write blocks. They touch neither the engine nor user code; they
// post to the inbox.

// The reader thread's buffer begins small, since most connections are quiet most
// of the time, and doubles each time that a read fills it. One buffer is being
// filled or waits for a turn, so that a connection's unread input is bounded by
// it and back-pressure reaches the peer's socket.
const (
	minReadBuffer = 2 << 10
	maxReadBuffer = 64 << 10
)

// startDial starts the dial thread.
func (h *host) startDial() {
	var ctx context.Context
	ctx, h.cancelDial = h.c.env.NewContext()
	network, address, layer := "tcp", h.conn.address.hostPort(), h.conn.layer
	h.c.ioBegin("dial", func() {
		nc, err := h.c.transport.Dial(ctx, network, address)
		if err == nil {
			nc, err = layer.begin(ctx, h.c.env, nc)
		}
		h.dialEnded(nc, err)
	})
}

// startLayer begins to serve an accepted socket: at once, or with a thread that
// makes the TLS layer first, as the one of a dial does.
func (h *host) startLayer() {
	nc, layer := h.nc, h.conn.layer
	if _, unfinished := nc.(*tls.Conn); layer == nil && !unfinished {
		h.join(nc)
		return
	}
	var ctx context.Context
	ctx, h.cancelDial = h.c.env.NewContext()
	h.nc = nil
	h.c.ioBegin("tls", func() { h.dialEnded(layer.begin(ctx, h.c.env, nc)) })
}

// join takes a stream over, complete with its TLS layer if it has one.
func (h *host) join(nc net.Conn) {
	var prefix []byte
	if p, ok := nc.(*prefixed); ok {
		nc, prefix = p.Conn, p.prefix
	}
	h.conn.secured(tlsState(nc))
	h.attachSocket(nc)
	if prefix != nil {
		h.conn.eng.Receive(h.now, prefix)
		h.conn.dispatch()
	}
}

// dialEnded posts what came of the dial. If the connection has ended meanwhile,
// nobody else will close the stream.
func (h *host) dialEnded(nc net.Conn, err error) {
	h.mu.Lock()
	if h.state == strandGone {
		h.mu.Unlock()
		if nc != nil {
			nc.Close()
		}
		return
	}
	h.inbox.dialed, h.inbox.nc, h.inbox.dialErr = true, nc, err
	h.postedUnlock()
}

// attachSocket starts serving nc.
func (h *host) attachSocket(nc net.Conn) {
	h.nc = nc
	h.try, _ = nc.(tryWriter)
	h.c.ioBegin("read", func() { h.readLoop(nc) })
}

// readLoop is the body of the reader thread. It ends with the socket.
func (h *host) readLoop(nc net.Conn) {
	buf := make([]byte, minReadBuffer)
	for {
		n, err := nc.Read(buf)
		h.mu.Lock()
		if n > 0 {
			h.inbox.data = buf[:n]
			h.reading = true
		}
		if err != nil {
			h.inbox.readErr = err
			h.postedUnlock()
			return
		}
		if n == 0 {
			h.mu.Unlock()
			continue
		}
		h.postedUnlock()
		h.mu.Lock()
		for h.reading && !h.closed {
			h.ioCond.Wait()
		}
		h.mu.Unlock()
		if n == len(buf) && n < maxReadBuffer {
			buf = make([]byte, 2*n)
		}
	}
}

// releaseReader gives the reader thread its buffer back.
func (h *host) releaseReader() {
	h.holding = false
	h.mu.Lock()
	h.reading = false
	h.ioCond.Broadcast()
	h.mu.Unlock()
}

// writeBatch bounds the writes of one turn, each of about the engine's
// high-water mark, so that a connection with much to say to a peer that reads
// fast starves nobody.
const writeBatch = 8

// flush writes what the engine has to say: at once as far as the socket takes
// it, the rest through a writer thread, so that a slow peer never holds a worker.
//
// The peer is read from meanwhile, or two ends that both wait for room would wait
// for ever. What it can make the engine hold is bounded all the same: flows wait
// for room in the output, so that its credit and windows run out.
func (h *host) flush() {
	eng := h.conn.eng
	h.unwritten = false
	for writes := 0; h.nc != nil && !h.writing; writes++ {
		out := eng.Output()
		switch {
		case len(out) == 0:
			return
		case writes == writeBatch:
			h.unwritten = true
			return
		case h.writeErr != nil:
			eng.Wrote(len(out))
		case h.try == nil:
			h.startWriter(out)
		default:
			n, err := h.try.TryWrite(out)
			if err == nil && n < len(out) {
				h.startWriter(out[n:])
			}
			eng.Wrote(n)
			h.writeFailed(err)
		}
	}
}

// startWriter hands pending output to a writer thread. The engine is told when it
// has been written, not before: it would count the stream as finished, and the
// last frame would be cut off.
func (h *host) startWriter(pending []byte) {
	h.writeBuf = append(h.writeBuf[:0], pending...)
	h.writing = true
	nc, buf := h.nc, h.writeBuf
	h.c.ioBegin("write", func() {
		_, err := nc.Write(buf)
		h.mu.Lock()
		h.inbox.wrote, h.inbox.writeErr = true, err
		h.postedUnlock()
	})
}

// drainTime is how long the reader thread may go on after a write has failed: a
// peer that has closed may have said why.
const drainTime = time.Second

// writeFailed notes that nothing can be written any more, if err says so.
func (h *host) writeFailed(err error) {
	if err == nil || h.writeErr != nil || h.nc == nil {
		return
	}
	h.writeErr = err
	if h.nc.SetReadDeadline(h.now.Add(drainTime)) != nil {
		h.readEnded(err)
	}
}

// readEnded tells the engine that the reader thread has ended.
func (h *host) readEnded(err error) {
	if h.writeErr != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		err = h.writeErr
	}
	if h.conn.tls != nil {
		err = tlsFailure(h.conn.server, err)
	}
	if err == io.EOF {
		h.conn.eng.ReceiveEOF(h.now)
		return
	}
	h.closeSocket()
	h.conn.eng.TransportClosed(h.now, err)
}

// endStream closes the socket once the engine has said and heard all, and gives
// up the dial once the engine wants to hear nothing any more: the opening has
// timed out. While the engine only waits for a refused peer to go away (§2.2),
// the sending half is closed, so that the peer notices.
func (h *host) endStream() {
	eng := h.conn.eng
	said := h.nc == nil || !h.writing && eng.WriteDone()
	switch {
	case !said:
		return
	case eng.ReadDone():
		h.closeSocket()
		eng.TransportClosed(h.now, nil)
		return
	}
	if hc, ok := h.nc.(halfCloser); ok && !h.halfClosed && eng.RemoteState() == engine.Uninitialized {
		h.halfClosed = true
		if h.conn.tls == nil {
			hc.CloseWrite()
			return
		}
		h.c.ioBegin("shut", func() { hc.CloseWrite() })
	}
}

// closeStream closes nc. A TLS layer says good-bye first, for which it may have
// to wait, up to 5 s: that is for an I/O thread.
func (h *host) closeStream(nc net.Conn) {
	if _, secure := nc.(secureStream); !secure {
		nc.Close()
		return
	}
	h.c.ioBegin("close", func() { nc.Close() })
}

// halfCloser is the optional method of streams that can end one direction.
type halfCloser interface{ CloseWrite() error }

// closeSocket ends the socket's I/O threads.
func (h *host) closeSocket() {
	if h.cancelDial != nil {
		h.cancelDial()
		h.cancelDial = nil
	}
	if h.nc != nil {
		h.closeStream(h.nc)
		h.nc = nil
		h.mu.Lock()
		h.closed = true
		h.ioCond.Broadcast()
		h.mu.Unlock()
	}
}

// deadline keeps one Env timer on the engine's next deadline. The timer is not
// moved when the deadline grows later, only looked at again when it goes off.
type deadline struct {
	timer interface{ Stop() bool }
	at    time.Time
}

// armDeadline sets the timer for the engine's next deadline.
func (h *host) armDeadline() {
	next := h.conn.eng.Deadline()
	if next.IsZero() || h.deadline.timer != nil && !next.Before(h.deadline.at) {
		return
	}
	if h.deadline.timer != nil {
		h.deadline.timer.Stop()
	}
	h.deadline.at = next
	h.deadline.timer = h.c.env.AfterFunc(next.Sub(h.now), func() {
		h.mu.Lock()
		h.inbox.tick = true
		h.postedUnlock()
	})
}

func (h *host) stopDeadline() {
	if h.deadline.timer != nil {
		h.deadline.timer.Stop()
		h.deadline.timer = nil
	}
}
