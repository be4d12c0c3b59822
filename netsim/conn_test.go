package netsim

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// wantError fails the run unless err is a *net.OpError of op around target.
func (x *scene) wantError(err error, op string, target error, sentence string) {
	var oe *net.OpError
	x.want(errors.As(err, &oe) && oe.Op == op && errors.Is(err, target), "%s: %v, want %s: %v", sentence, err, op, target)
}

func TestEndOfStreamComesAfterTheBytes(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		x.SetPaths("client", "broker", Path{Latency: time.Second, ReceiveBuffer: 2})
		x.send(x.c, "bye")
		x.must(x.c.Close(), "close")
		x.receive(x.s, "bye")
		x.want(x.readError(x.s) == io.EOF, "no io.EOF after the bytes")
		x.want(x.readError(x.s) == io.EOF, "io.EOF stays")
	})
}

func TestCloseWriteLeavesTheOtherDirectionOpen(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		x.must(x.c.CloseWrite(), "close write")
		x.must(x.c.CloseWrite(), "again")
		_, err := x.c.Write([]byte("x"))
		x.wantError(err, "write", syscall.EPIPE, "write after CloseWrite")
		x.want(x.readError(x.s) == io.EOF, "the peer sees the end")
		x.send(x.s, "still here")
		x.receive(x.c, "still here")
		x.must(x.s.Close(), "close")
		x.want(x.readError(x.c) == io.EOF, "the end comes back")
	})
}

func TestUseAfterClose(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		x.must(x.c.Close(), "close")
		_, err := x.c.Read(make([]byte, 1))
		x.wantError(err, "read", net.ErrClosed, "read")
		_, err = x.c.Read(nil)
		x.wantError(err, "read", net.ErrClosed, "read of nothing")
		_, err = x.c.Write([]byte("x"))
		x.wantError(err, "write", net.ErrClosed, "write")
		_, err = x.c.TryWrite([]byte("x"))
		x.wantError(err, "write", net.ErrClosed, "try write")
		x.wantError(x.c.Close(), "close", net.ErrClosed, "close")
		x.wantError(x.c.CloseWrite(), "close", net.ErrClosed, "close write")
		x.wantError(x.c.SetDeadline(w.Now()), "set", net.ErrClosed, "set deadline")
		x.want(x.c.LocalAddr().String() == "client:49152", "local address %v", x.c.LocalAddr())
		x.want(x.s.RemoteAddr() == x.c.LocalAddr(), "the peer knows it as %v", x.s.RemoteAddr())
		x.want(x.c.RemoteAddr().Network() == "tcp", "network %v", x.c.RemoteAddr().Network())
	})
}

func TestCloseUnblocksReadAndWrite(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{SendBuffer: 1, ReceiveBuffer: 1}})
		reader := w.Go("reader", func() {
			x.wantError(x.readError(x.c), "read", net.ErrClosed, "blocked read")
		})
		var writers []*sim.Thread
		for range 2 {
			writers = append(writers, w.Go("writer", func() {
				_, err := x.c.Write(make([]byte, 10))
				x.wantError(err, "write", net.ErrClosed, "blocked write")
			}))
		}
		w.Sleep(time.Second)
		x.must(x.c.Close(), "close")
		reader.Join()
		for _, t := range writers {
			t.Join()
		}
	})
}

func TestCloseWithUnreadBytesResets(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{Reset: ResetKeeps}})
		x.send(x.c, "never read")
		x.send(x.s, "last words")
		x.must(x.s.Close(), "close")
		x.receive(x.c, "last words")
		x.wantError(x.readError(x.c), "read", syscall.ECONNRESET, "read after the reset")
		x.want(x.readError(x.c) == io.EOF, "the reset is told once")
		_, err := x.c.Write([]byte("x"))
		x.wantError(err, "write", syscall.EPIPE, "write after the reset")
		x.wantError(x.c.CloseWrite(), "close", syscall.ENOTCONN, "close write after the reset")
		x.must(x.c.Close(), "close")
	})
}

func TestResetModes(t *testing.T) {
	for _, c := range []struct {
		mode  ResetMode
		reads string
	}{{ResetKeeps, "unread"}, {ResetDiscards, ""}} {
		stories(t, func(w *sim.World) {
			x := connected(w, Options{Path: Path{Reset: c.mode}})
			x.send(x.c, "unread")
			x.must(x.c.SetLinger(0), "linger")
			x.must(x.c.Close(), "close")
			b, err := io.ReadAll(x.s)
			x.want(string(b) == c.reads, "read %q, want %q", b, c.reads)
			x.wantError(err, "read", syscall.ECONNRESET, "the end")
		})
	}
	kept := 0
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		x.send(x.c, "unread")
		x.must(x.c.SetLinger(0), "linger")
		x.must(x.c.Close(), "close")
		b, _ := io.ReadAll(x.s)
		kept += len(b) / len("unread")
	})
	if kept == 0 || kept == 20 {
		t.Errorf("unread bytes were kept in %d of 20 runs; it is drawn", kept)
	}
}

func TestWriteToClosedPeerIsAnsweredWithReset(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		x.SetPaths("client", "broker", Path{Latency: time.Millisecond})
		x.must(x.s.Close(), "close")
		x.send(x.c, "one write goes into the buffer")
		x.send(x.c, "and more as long as no answer came")
		w.Sleep(2 * time.Millisecond)
		_, err := x.c.Write([]byte("x"))
		x.wantError(err, "write", syscall.EPIPE, "write after the answer; the peer's end was there before")
		x.want(x.readError(x.c) == io.EOF, "read")
	})
}

func TestResetDropsBytesUnderWay(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		x.SetPath("client", "broker", Path{Latency: time.Second, Reset: ResetKeeps})
		x.send(x.c, "arrives")
		w.Sleep(time.Second)
		x.SetPath("client", "broker", Path{Latency: 10 * time.Second, Reset: ResetKeeps})
		x.send(x.c, "overtaken")
		x.SetPath("client", "broker", Path{Latency: time.Second, Reset: ResetKeeps})
		x.must(x.c.SetLinger(0), "linger")
		x.must(x.c.Close(), "close")
		x.receive(x.s, "arrives")
		x.wantError(x.readError(x.s), "read", syscall.ECONNRESET, "read")
		x.at(2*time.Second, "the reset takes the latency of now")
	})
}

func TestResetUnblocksReadAndWrite(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{SendBuffer: 1, ReceiveBuffer: 1, Latency: time.Millisecond}})
		resets := 0
		count := func(err error, rest error) {
			if errors.Is(err, syscall.ECONNRESET) {
				resets++
				return
			}
			x.want(errors.Is(err, rest), "%v instead of %v", err, rest)
		}
		r := w.Go("reader", func() { count(x.readError(x.c), io.EOF) })
		wr := w.Go("writer", func() {
			_, err := x.c.Write(make([]byte, 10))
			count(err, syscall.EPIPE)
		})
		w.Sleep(time.Second)
		x.must(x.s.SetLinger(0), "linger")
		x.must(x.s.Close(), "close")
		r.Join()
		wr.Join()
		x.want(resets == 1, "%d of two operations were told of the reset, want one", resets)
	})
}

func TestReadDeadline(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		x.must(x.c.SetReadDeadline(w.Now().Add(time.Second)), "set")
		err := x.readError(x.c)
		x.wantError(err, "read", os.ErrDeadlineExceeded, "read")
		x.at(time.Second, "the deadline")
		var ne net.Error
		x.want(errors.As(err, &ne) && ne.Timeout(), "%v is no timeout", err)
		x.send(x.s, "late")
		x.wantError(x.readError(x.c), "read", os.ErrDeadlineExceeded, "an expired deadline stays, bytes or not")
		x.must(x.c.SetReadDeadline(time.Time{}), "clear")
		x.receive(x.c, "late")
	})
}

func TestDeadlineMovesWhileReadBlocks(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		reader := w.Go("reader", func() {
			x.wantError(x.readError(x.c), "read", os.ErrDeadlineExceeded, "read")
			x.at(5*time.Second, "the new deadline")
		})
		w.Sleep(time.Second)
		x.must(x.c.SetDeadline(w.Now().Add(time.Second)), "set")
		w.Sleep(500 * time.Millisecond)
		x.must(x.c.SetDeadline(w.Now().Add(3500*time.Millisecond)), "move")
		reader.Join()
		reader = w.Go("reader", func() {
			x.wantError(x.readError(x.c), "read", os.ErrDeadlineExceeded, "read")
		})
		x.must(x.c.SetReadDeadline(w.Now().Add(-time.Hour)), "a deadline in the past ends the read")
		reader.Join()
		x.at(5*time.Second, "at once")
	})
}

func TestWriteDeadline(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{SendBuffer: 4, ReceiveBuffer: 4}})
		x.must(x.c.SetWriteDeadline(w.Now().Add(time.Second)), "set")
		n, err := x.c.Write(make([]byte, 20))
		x.want(n == 8, "wrote %d bytes before the deadline, want 8", n)
		x.wantError(err, "write", os.ErrDeadlineExceeded, "write")
		_, err = x.c.TryWrite([]byte("x"))
		x.wantError(err, "write", os.ErrDeadlineExceeded, "try write")
		x.must(x.c.SetWriteDeadline(time.Time{}), "clear")
		x.receive(x.s, strings.Repeat("\x00", 8))
		x.send(x.c, "more")
	})
}

func TestForgottenDeadlineDoesNotHoldTheRun(t *testing.T) {
	r := story(t, 1, func(w *sim.World) {
		x := connected(w, Options{})
		x.must(x.c.SetDeadline(w.Now().Add(time.Hour)), "set")
		reader := w.Go("reader", func() { x.receive(x.c, "a") })
		w.Sleep(500 * time.Millisecond)
		x.send(x.s, "a")
		reader.Join()
		x.want(!x.c.readEvent.Pending(), "the deadline is armed although nobody waits")
		w.Go("reader", func() { x.c.Read(make([]byte, 1)) })
		w.Sleep(500 * time.Millisecond)
		x.must(x.c.Close(), "close")
	})
	if r.Failure != nil || r.Time != time.Second {
		t.Errorf("run ended at %v: %v", r.Time, r.Failure)
	}
}

func TestBlockedReadIsReportedByName(t *testing.T) {
	r := story(t, 1, func(w *sim.World) {
		x := connected(w, Options{})
		x.c.Read(make([]byte, 1))
	})
	if r.Failure == nil || r.Failure.Kind != sim.Deadlock || !strings.Contains(r.Failure.Error(), "client<-broker#1") {
		t.Errorf("a read that blocks for ever: %v", r.Failure)
	}
}
