package memnet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	_ net.Conn     = (*Conn)(nil)
	_ net.Listener = (*Listener)(nil)
)

func TestOctetsAndHalfClose(t *testing.T) {
	a, b := Pipe()
	if _, err := a.Write([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	a.CloseWrite()
	got, err := io.ReadAll(b)
	if string(got) != "abc" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	if _, err := b.Write([]byte("still")); err != nil {
		t.Fatalf("the other direction is closed too: %v", err)
	}
	p := make([]byte, 8)
	if n, err := a.Read(p); string(p[:n]) != "still" || err != nil {
		t.Fatalf("got %q, %v", p[:n], err)
	}
	if _, err := a.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("write after CloseWrite: %v", err)
	}
}

func TestCloseWithUnreadOctetsResets(t *testing.T) {
	a, b := Pipe()
	b.Write([]byte("last words"))
	a.Write([]byte("never read"))
	b.Close()
	p := make([]byte, 16)
	if n, err := a.Read(p); string(p[:n]) != "last words" || err != nil {
		t.Fatalf("what was sent before the reset is lost: %q, %v", p[:n], err)
	}
	if _, err := a.Read(p); !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("want a reset, got %v", err)
	}
	if _, err := a.Write(p); !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("want a reset, got %v", err)
	}
}

func TestCloseAndReset(t *testing.T) {
	a, b := Pipe()
	b.Close()
	p := make([]byte, 1)
	if _, err := a.Read(p); err != io.EOF {
		t.Fatalf("want EOF, got %v", err)
	}
	if _, err := b.Read(p); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("want ErrClosed, got %v", err)
	}
	a, b = Pipe()
	b.Reset()
	if _, err := a.Read(p); !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("want a reset, got %v", err)
	}
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		start := time.Now()
		a.SetReadDeadline(start.Add(3 * time.Second))
		_, err := a.Read(make([]byte, 1))
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Fatalf("got %v after %v", err, time.Since(start))
		}
		a.SetReadDeadline(time.Time{})
		go func() { time.Sleep(time.Hour); b.Write([]byte{1}) }()
		if n, err := a.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Fatalf("got %d, %v", n, err)
		}
	})
}

func TestWriteBlocksAtTheBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		a.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := a.Write(make([]byte, bufferMax+1))
		if n != bufferMax || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("got %d, %v", n, err)
		}
		a.SetDeadline(time.Time{})
		big := bytes.Repeat([]byte{7}, 2*bufferMax)
		go func() { a.Write(big); a.Close() }()
		got, err := io.ReadAll(b)
		if len(got) != 3*bufferMax || err != nil {
			t.Fatalf("got %d octets, %v", len(got), err)
		}
	})
}

func TestListener(t *testing.T) {
	l := Listen()
	accepted := make(chan net.Conn)
	go func() { c, _ := l.Accept(); accepted <- c }()
	c, err := l.Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s := <-accepted
	c.Write([]byte("hi"))
	p := make([]byte, 2)
	if io.ReadFull(s, p); string(p) != "hi" {
		t.Fatalf("got %q", p)
	}
	l.Close()
	l.Close()
	if _, err := l.Dial(context.Background()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("dial: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("accept: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Listen().Dial(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("dial: %v", err)
	}
}
