package netsim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// A dialogue is a list of operations on the two ends of a connection, done one
// after another, "a write 5", "b close". Its outcome lists each one's result with
// the error's class. The same dialogue gives the same outcome on the simulated
// network and on the machine's own TCP.
type dialogue []string

// end is what *net.TCPConn and *Conn have in common.
type end interface {
	net.Conn
	CloseWrite() error
	SetLinger(sec int) error
}

// play runs the script. Settle waits until what was sent has arrived.
func (s dialogue) play(a, b end, now func() time.Time, settle func()) string {
	var out []string
	ends := map[string]end{"a": a, "b": b}
	for _, line := range s {
		var who, op string
		var arg int
		fmt.Sscan(line, &who, &op, &arg)
		out = append(out, line+": "+do(ends[who], op, arg, now))
		settle()
	}
	return strings.Join(out, "\n")
}

const patience = 10 * time.Millisecond

// plenty is more than the buffers of a connection hold.
var plenty = make([]byte, 16<<20)

func do(c end, op string, arg int, now func() time.Time) string {
	switch op {
	case "write":
		n, err := c.Write([]byte("0123456789abcdefghijklmnopqrstuvwxyz")[:arg])
		return fmt.Sprint(n, " ", class(err))
	case "flood":
		c.SetWriteDeadline(now().Add(3 * patience))
		n, err := c.Write(plenty)
		c.SetWriteDeadline(time.Time{})
		return fmt.Sprint(n > 0, " ", class(err))
	case "read": // an operation that would block times out
		c.SetReadDeadline(now().Add(patience))
		b := make([]byte, arg)
		n, err := c.Read(b)
		c.SetReadDeadline(time.Time{})
		return fmt.Sprintf("%q %s", b[:n], class(err))
	case "expire":
		return class(c.SetDeadline(now().Add(-time.Second)))
	case "unexpire":
		return class(c.SetDeadline(time.Time{}))
	case "closewrite":
		return class(c.CloseWrite())
	case "close":
		return class(c.Close())
	case "abort":
		c.SetLinger(0)
		return class(c.Close())
	}
	panic("unknown operation " + op)
}

// class names an error as a caller could tell it apart.
func class(err error) string {
	var oe *net.OpError
	if err == nil || err == io.EOF {
		return fmt.Sprint(err)
	}
	if !errors.As(err, &oe) {
		return "not an OpError: " + err.Error()
	}
	kind := "unknown: " + err.Error()
	for _, k := range []error{net.ErrClosed, os.ErrDeadlineExceeded, syscall.ECONNRESET, syscall.EPIPE,
		syscall.ENOTCONN, syscall.ECONNREFUSED, syscall.EADDRINUSE} {
		if errors.Is(err, k) {
			kind = k.Error()
		}
	}
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		kind = sys.Syscall + ": " + kind
	}
	return fmt.Sprintf("%s %s timeout=%v temporary=%v source=%v", oe.Op, kind, oe.Timeout(), oe.Temporary(), oe.Source != nil)
}

// onTCP plays the script over the loopback interface.
func (s dialogue) onTCP(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skipf("no loopback interface: %v", err)
	}
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	defer a.Close()
	b, err := l.Accept()
	if err != nil {
		t.Fatalf("accept: %v", err)
	}
	defer b.Close()
	return s.play(a.(end), b.(end), time.Now, func() { time.Sleep(time.Millisecond) })
}

// onSim plays it on the simulated network.
func (s dialogue) onSim(t *testing.T) (out string) {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	r := sim.Execute(w, &sim.Scenario{Name: "script", Run: func(w *sim.World) {
		x := connected(w, Options{Path: Path{Reset: ResetKeeps}})
		out = s.play(x.c, x.s, w.Now, func() { w.Sleep(time.Millisecond) })
	}}, sim.RunConfig{Seed: 1, EarlyClock: -1})
	if r.Failure != nil {
		t.Fatalf("%v", r.Failure)
	}
	return out
}

func onlyLinux(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the network behaves as Linux does")
	}
}

func TestAgainstTCP(t *testing.T) {
	onlyLinux(t)
	for name, s := range map[string]dialogue{
		"bytes":                  {"a write 5", "b read 10", "b write 3", "a read 2", "a read 2", "a read 1"},
		"end after bytes":        {"a write 5", "a close", "b read 3", "b read 3", "b read 3", "b read 3"},
		"half-close":             {"a closewrite", "b read 1", "b write 4", "a read 9", "a write 1", "a closewrite", "b close", "a read 1", "a write 1"},
		"both half-close":        {"a closewrite", "b closewrite", "a read 1", "b read 1", "a close", "b write 1", "b close"},
		"write to closed":        {"b close", "a write 1", "a write 1", "a read 1", "a write 1"},
		"write to closed, read":  {"b close", "a write 1", "a read 1", "a read 1", "a write 1"},
		"unread at close":        {"a write 5", "b write 3", "b close", "a read 9", "a read 1", "a read 1", "a write 1"},
		"unread, write first":    {"a write 5", "b close", "a write 1", "a write 1", "a read 1"},
		"abort":                  {"a write 5", "a abort", "b read 9", "b read 1", "b read 1", "b write 1", "b closewrite"},
		"abort, write first":     {"a write 5", "a abort", "b write 1", "b read 9", "b read 1", "b write 1"},
		"abort after half-close": {"a closewrite", "a abort", "b read 1", "b write 1", "b write 1"},
		"closed":                 {"a close", "a read 1", "a read 0", "a write 1", "a write 0", "a closewrite", "a expire", "a close"},
		"expired":                {"b write 2", "a expire", "a write 1", "a write 0", "a unexpire", "a read 9"},
		"nothing":                {"a read 0", "a write 0", "b close", "a read 0", "a write 0"},
		"flood":                  {"a flood", "a expire", "a write 1", "b read 1", "b abort", "a unexpire", "a write 1", "a write 1"},
		"flood a closed end":     {"b close", "a flood", "a write 1"},
		"close while it flows":   {"a flood", "b close", "a write 1", "a read 1"},
	} {
		t.Run(name, func(t *testing.T) {
			if real, simulated := s.onTCP(t), s.onSim(t); real != simulated {
				t.Errorf("TCP:\n%s\nnetsim:\n%s", real, simulated)
			}
		})
	}
}

// Dialogues drawn from fixed seeds: what the table above did not think of.
func TestDrawnDialoguesAgainstTCP(t *testing.T) {
	onlyLinux(t)
	ops := []string{"write 3", "write 7", "write 0", "read 2", "read 9", "read 0", "closewrite", "close", "abort"}
	for seed := range drawnDialogues {
		draw := choice.New(seed, "dialogue", 0)
		var s dialogue
		for range draw.Range(2, 10) {
			s = append(s, []string{"a ", "b "}[draw.IntN(2)]+ops[draw.IntN(len(ops))])
		}
		if real, simulated := s.onTCP(t), s.onSim(t); real != simulated {
			t.Errorf("seed %d: TCP:\n%s\nnetsim:\n%s", seed, real, simulated)
		}
	}
}

const drawnDialogues = uint64(100)

// Operations that block while another thread acts: the outcome of the blocked one.
func TestBlockedOperationsAgainstTCP(t *testing.T) {
	onlyLinux(t)
	for _, c := range []struct{ blocked, then string }{
		{"a read 1", "a close"}, {"a read 1", "b close"}, {"a read 1", "b abort"}, {"a read 1", "b write 1"},
		{"a read 1", "a expire"}, {"a read 1", "b closewrite"},
		{"a flood", "a close"}, {"a flood", "b abort"}, {"a flood", "b close"}, {"a flood", "a expire"},
	} {
		run := func(a, b end, start func(func()) (join func()), sleep func(time.Duration)) (out string) {
			ends := map[string]end{"a": a, "b": b}
			join := start(func() {
				if strings.HasSuffix(c.blocked, "flood") {
					n, err := a.Write(plenty)
					out = fmt.Sprint(n > 0, " ", class(err))
					return
				}
				n, err := a.Read(make([]byte, 1))
				out = fmt.Sprint(n, " ", class(err))
			})
			sleep(30 * time.Millisecond)
			var who, op string
			var arg int
			fmt.Sscan(c.then, &who, &op, &arg)
			do(ends[who], op, arg, func() time.Time { return sim.Epoch })
			join()
			return out
		}
		real := blockedOnTCP(t, run)
		if simulated := blockedOnSim(t, run); real != simulated {
			t.Errorf("%s, then %s: TCP %s, netsim %s", c.blocked, c.then, real, simulated)
		}
	}
}

type blockedRun func(a, b end, start func(func()) func(), sleep func(time.Duration)) string

func blockedOnTCP(t *testing.T, run blockedRun) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skipf("no loopback interface: %v", err)
	}
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	start := func(f func()) func() {
		done := make(chan struct{})
		go func() { defer close(done); f() }()
		return func() { <-done }
	}
	return run(a.(end), b.(end), start, time.Sleep)
}

func blockedOnSim(t *testing.T, run blockedRun) (out string) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{Reset: ResetKeeps}})
		start := func(f func()) func() { return w.Go("blocked", f).Join }
		out = run(x.c, x.s, start, w.Sleep)
	})
	return out
}

func TestConnectingAgainstTCP(t *testing.T) {
	onlyLinux(t)
	outcome := func(dial func(addr string) (net.Conn, error), listen func(addr string) (net.Listener, error), any string) string {
		var out []string
		l, err := listen(any)
		out = append(out, class(err))
		_, err = listen(l.Addr().String())
		out = append(out, "listen twice: "+class(err))
		c, err := dial(l.Addr().String())
		out = append(out, "dial: "+class(err))
		out = append(out, "close: "+class(l.Close()), "again: "+class(l.Close()))
		_, err = l.Accept()
		out = append(out, "accept: "+class(err))
		_, err = dial(l.Addr().String())
		out = append(out, "dial closed: "+class(err))
		c.SetReadDeadline(time.Now().Add(time.Second))
		_, err = c.Read(make([]byte, 1))
		out = append(out, "read, never accepted: "+class(err))
		out = append(out, class(c.Close()))
		return strings.Join(out, "\n")
	}
	var d net.Dialer
	real := outcome(func(a string) (net.Conn, error) { return d.DialContext(context.Background(), "tcp", a) },
		func(a string) (net.Listener, error) { return net.Listen("tcp", a) }, "127.0.0.1:0")
	var simulated string
	stories(t, func(w *sim.World) {
		n := New(w, Options{})
		h := n.Host("client")
		simulated = outcome(func(a string) (net.Conn, error) { return h.Dial(context.Background(), "tcp", a) },
			func(a string) (net.Listener, error) { return n.Host("broker").Listen("tcp", a) }, "broker:0")
	})
	if real != simulated {
		t.Errorf("TCP:\n%s\nnetsim:\n%s", real, simulated)
	}
}
