package proxy_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/netsim/proxy"
)

// direction is one of both, for tests that have to hold in each.
type direction struct {
	name, arrow string
	ends        func(r *rig) (from, to *net.TCPConn)
}

var directions = []direction{
	{"there", "->", func(r *rig) (from, to *net.TCPConn) { return r.pair() }},
	{"back", "<-", func(r *rig) (from, to *net.TCPConn) {
		c, s := r.pair()
		return s, c
	}},
}

// inEach runs a test in each direction, with a fault whose arrow is "~".
func inEach(t *testing.T, fault string, o proxy.Options, test func(t *testing.T, r *rig, from, to *net.TCPConn)) {
	for _, d := range directions {
		t.Run(d.name, func(t *testing.T) {
			r := start(t, o, strings.Replace(fault, "~", d.arrow, 1))
			from, to := d.ends(r)
			test(t, r, from, to)
		})
	}
}

func wantReset(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("%s: got %v, want a reset", what, err)
	}
}

// wantAction checks the only action.
func wantAction(t *testing.T, r *rig, conn int, offset uint64) {
	t.Helper()
	r.awaitActions(1)
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	a := r.log.actions
	if len(a) != 1 || a[0].Conn != conn || a[0].Offset != offset || a[0].Back != a[0].Fault.Back {
		t.Errorf("actions %+v, want one at byte %d of connection %d", a, offset, conn)
	}
}

func TestTruncateLetsThroughWhatItSays(t *testing.T) {
	text := pattern(200_000)
	for _, k := range []int{1, 133, 65_535, 65_536, 150_001} {
		inEach(t, fmt.Sprintf("truncate client~server#1 @byte %d", k), proxy.Options{}, func(t *testing.T, r *rig, from, to *net.TCPConn) {
			sent := send(from, text, true)
			got, err := readAll(to)
			if !bytes.Equal(got, text[:k]) {
				t.Errorf("%d bytes came, want the first %d", len(got), k)
			}
			wantReset(t, "the receiver", err)
			_, err = readAll(from)
			wantReset(t, "the sender", err)
			<-sent
			wantAction(t, r, 1, uint64(k))
		})
	}
}

// At byte 0 a fault acts when the connection stands.
func TestTruncateAtOnce(t *testing.T) {
	for _, arrow := range []string{"->", "<-"} {
		r := start(t, proxy.Options{}, "truncate client"+arrow+"server @byte 0")
		r.wantDialReset("the client")
		got, err := readAll(r.accept())
		if len(got) > 0 {
			t.Errorf("%d bytes came", len(got))
		}
		wantReset(t, "the server", err)
		wantAction(t, r, 1, 0)
	}
}

// Truncate waits for a receiver that is slow to read: what was delivered is its own.
func TestTruncateWaitsForTheReceiver(t *testing.T) {
	const k = 20_000_000 // more than systems buffer
	text := pattern(k + 1000)
	inEach(t, fmt.Sprintf("truncate client~server @byte %d", k), proxy.Options{}, func(t *testing.T, r *rig, from, to *net.TCPConn) {
		sent := send(from, text, false)
		got, err := readAll(to)
		if !bytes.Equal(got, text[:k]) {
			t.Errorf("%d bytes came, want the first %d", len(got), k)
		}
		wantReset(t, "the receiver", err)
		<-sent
	})
}

func TestResetEndsBothSides(t *testing.T) {
	text := pattern(1000)
	inEach(t, "reset client~server#1 @byte 133", proxy.Options{}, func(t *testing.T, r *rig, from, to *net.TCPConn) {
		sent := send(from, text, false)
		got, err := readAll(to)
		if !bytes.HasPrefix(text[:133], got) {
			t.Errorf("%d bytes came, want some of the first 133", len(got))
		}
		wantReset(t, "the receiver", err)
		_, err = readAll(from)
		wantReset(t, "the sender", err)
		<-sent
		wantAction(t, r, 1, 133)
	})
}

// HalfClose ends one direction for its reader; the other one lives until the sender
// sends more, which resets it.
func TestHalfClose(t *testing.T) {
	text := pattern(500)
	inEach(t, "half-close client~server#1 @byte 300", proxy.Options{}, func(t *testing.T, r *rig, from, to *net.TCPConn) {
		if _, err := from.Write(text[:300]); err != nil {
			t.Fatal(err)
		}
		got, err := readAll(to)
		if !bytes.Equal(got, text[:300]) || err != nil {
			t.Fatalf("%d bytes came, then %v, want 300 and the end", len(got), err)
		}
		if _, err := to.Write(text); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, len(text))
		if _, err := io.ReadFull(from, answer); err != nil || !bytes.Equal(answer, text) {
			t.Fatalf("the answer came with %v", err)
		}
		if _, err := from.Write(text[300:]); err != nil {
			t.Fatal(err)
		}
		_, err = readAll(from)
		wantReset(t, "the sender", err)
	})
}

func TestDropEndUntilHeal(t *testing.T) {
	inEach(t, "drop-end client~server", proxy.Options{}, func(t *testing.T, r *rig, from, to *net.TCPConn) {
		from.Write([]byte("last words"))
		from.CloseWrite()
		got := make([]byte, 10)
		if _, err := io.ReadFull(to, got); err != nil {
			t.Fatal(err)
		}
		// The other direction shows that the proxy has had the time to see the end.
		to.Write([]byte("?"))
		io.ReadFull(from, got[:1])
		to.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if n, err := to.Read(got); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read %d, %v", n, err)
		}
		to.SetReadDeadline(time.Now().Add(limit))
		r.Heal()
		if n, err := to.Read(got); err != io.EOF {
			t.Errorf("after the fault: %d, %v, want the end", n, err)
		}
	})
}

func TestStallHoldsBytesAndEnd(t *testing.T) {
	text := pattern(5000)
	inEach(t, "stall client~server#1 @byte 1234", proxy.Options{}, func(t *testing.T, r *rig, from, to *net.TCPConn) {
		if err := <-send(from, text, true); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(text))
		if _, err := io.ReadFull(to, got[:1234]); err != nil {
			t.Fatal(err)
		}
		wantAction(t, r, 1, 1234)
		to.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if n, err := to.Read(got[1234:]); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("in the stall came %d bytes, %v", n, err)
		}
		to.SetReadDeadline(time.Now().Add(limit))
		r.Heal()
		rest, err := readAll(to)
		if err != nil || !bytes.Equal(rest, text[1234:]) {
			t.Errorf("after the stall came %d bytes, %v", len(rest), err)
		}
	})
}

// A fault that lasts a time lets everything through in the end.
func TestFaultsThatEndByThemselves(t *testing.T) {
	text := pattern(5000)
	for _, fault := range []string{
		"stall client~server @byte 700 for 5ms", "partition client~server @byte 700 for 5ms", "drop-end client~server for 5ms",
		"delay client~server by 3ms @byte 700 for 5ms", "partition client~server for 5ms", "stall client~server @time 1ms for 5ms",
	} {
		t.Run(fault, func(t *testing.T) {
			inEach(t, fault, proxy.Options{}, func(t *testing.T, r *rig, from, to *net.TCPConn) {
				send(from, text, true)
				got, err := readAll(to)
				if err != nil || !bytes.Equal(got, text) {
					t.Errorf("%d bytes came, %v", len(got), err)
				}
			})
		})
	}
}

// A partition hits all connections, in one direction, and a reset sent into it is
// lost.
func TestPartition(t *testing.T) {
	r := start(t, proxy.Options{})
	a, b := r.pair()
	x, y := r.pair()
	if err := r.Inject(netsim.MustParseFault("partition server->client")); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]*net.TCPConn{{a, b}, {x, y}} {
		c[0].Write([]byte("there"))
		got := make([]byte, 5)
		if _, err := io.ReadFull(c[1], got); err != nil {
			t.Fatal(err)
		}
		c[1].Write([]byte("back"))
		c[0].SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if n, err := c[0].Read(got); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%d bytes crossed the partition, %v", n, err)
		}
		c[0].SetReadDeadline(time.Now().Add(limit))
	}
	late := r.dial() // is not made before the partition ends
	y.SetLinger(0)
	y.Close()
	// The client does not hear of the reset: its writes go nowhere.
	x.Write([]byte("still there?"))
	time.Sleep(20 * time.Millisecond)
	if n, err := x.Write([]byte("well?")); err != nil {
		t.Errorf("a reset crossed the partition: %d, %v", n, err)
	}
	r.Heal()
	_, err := readAll(x)
	wantReset(t, "the half-open connection, healed,", err)
	got := make([]byte, 4)
	if _, err := io.ReadFull(a, got); err != nil || string(got) != "back" {
		t.Errorf("after the partition: %q, %v", got, err)
	}
	last := r.accept()
	for _, c := range []*net.TCPConn{a, b, late, last} {
		c.CloseWrite()
	}
	r.awaitNone()
}

// A client that ends a half-open connection is reset, too, whatever it sends before
// and whichever side the proxy hears first.
func TestEndOfHalfOpen(t *testing.T) {
	for _, text := range []string{"", "?"} {
		for _, first := range []bool{true, false} {
			r := start(t, proxy.Options{})
			a, b := r.pair()
			if err := r.Inject(netsim.MustParseFault("partition server->client")); err != nil {
				t.Fatal(err)
			}
			b.SetLinger(0)
			if first {
				b.Close()
				time.Sleep(10 * time.Millisecond)
			}
			a.Write([]byte(text)) // into nothing
			a.Close()
			time.Sleep(10 * time.Millisecond)
			b.Close()
			time.Sleep(10 * time.Millisecond)
			r.Heal()
			r.awaitNone()
		}
	}
}

// A partition that a byte triggers lets connections be made when it ends.
func TestDialInPartition(t *testing.T) {
	r := start(t, proxy.Options{}, "partition client->server#1 @byte 3 for 30ms")
	a, b := r.pair()
	a.Write([]byte("abc"))
	r.awaitActions(1)
	c := r.dial()
	c.Write([]byte("late"))
	got := make([]byte, 4)
	if _, err := io.ReadFull(r.accept(), got); err != nil || string(got) != "late" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := io.ReadFull(b, got[:3]); err != nil || string(got[:3]) != "abc" {
		t.Errorf("%q, %v", got[:3], err)
	}
}

func TestRefuseAndNumbers(t *testing.T) {
	r := start(t, proxy.Options{}, "refuse client->server#2", "reset client<-server#3 @byte 2")
	first, server := r.pair()
	r.wantDialReset("the second connection")
	third, server3 := r.pair()
	server3.Write([]byte("abc"))
	_, err := readAll(third)
	wantReset(t, "the third connection", err)
	server.Write([]byte("abc"))
	if _, err := io.ReadFull(first, make([]byte, 3)); err != nil {
		t.Errorf("the first connection: %v", err)
	}
	if s := r.Stats(); s.Conns != 3 || s.Refused != 1 || s.Acted != 2 {
		t.Errorf("%+v", s)
	}
	if u := r.Unused(); len(u) != 0 {
		t.Errorf("%v have not acted", u)
	}
}

// A black hole takes the connection and does nothing with it, until it ends.
func TestBlackHole(t *testing.T) {
	r := start(t, proxy.Options{}, "black-hole client->server#1")
	c := r.dial()
	c.Write([]byte("anybody there?"))
	r.awaitActions(1)
	second, server := r.pair() // is let through first
	second.Write([]byte("I"))
	if _, err := io.ReadFull(server, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	r.Heal()
	got := make([]byte, 14)
	if _, err := io.ReadFull(r.accept(), got); err != nil || string(got) != "anybody there?" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSlowAccept(t *testing.T) {
	const by = 30 * time.Millisecond
	r := start(t, proxy.Options{}, "slow-accept client->server by 30ms")
	c := r.dial()
	c.Write([]byte("slow"))
	if _, err := io.ReadFull(r.accept(), make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	events := r.log.events
	if events[0].What != netsim.Dialed || events[1].What != netsim.Connected || events[1].Time-events[0].Time < by {
		t.Errorf("%v at %v, %v at %v", events[0].What, events[0].Time, events[1].What, events[1].Time)
	}
}

// Delay, latency and bandwidth hold each byte at least as long as they say.
func TestTimeOnTheWay(t *testing.T) {
	text := pattern(30_000)
	path := netsim.Path{Latency: 10 * time.Millisecond, Jitter: 5 * time.Millisecond, Bandwidth: 1_000_000}
	inEach(t, "delay client~server by 7ms", proxy.Options{There: path, Back: path}, func(t *testing.T, r *rig, from, to *net.TCPConn) {
		send(from, text, true)
		got, err := readAll(to)
		if err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%d bytes came, %v", len(got), err)
		}
		r.log.mu.Lock()
		defer r.log.mu.Unlock()
		var first, last time.Duration
		for _, e := range r.log.events {
			switch {
			case e.What == netsim.Sent && first == 0:
				first = e.Time
			case e.What == netsim.Delivered:
				last = e.Time
			}
		}
		if last-first < 17*time.Millisecond+30*time.Millisecond {
			t.Errorf("30 kB at 1 MB/s over 17 ms took %v", last-first)
		}
	})
}

// A predicate sees all bytes once, in order, whatever the pieces, and the fault acts
// where it says.
func TestPredicate(t *testing.T) {
	text := append(pattern(70_000), []byte("needle and more")...)
	at := uint64(len(text) - len(" and more"))
	o := proxy.Options{There: netsim.Path{Split: netsim.SplitRandom}, Back: netsim.Path{Split: netsim.SplitRandom}}
	o.Predicates = map[string]func() netsim.Predicate{"needle": func() netsim.Predicate {
		var seen []byte
		return func(p []byte) int {
			before := len(seen)
			seen = append(seen, p...)
			if i := bytes.Index(seen, []byte("needle")); i >= 0 {
				return i + len("needle") - before
			}
			return -1
		}
	}}
	inEach(t, "truncate client~server @when needle", o, func(t *testing.T, r *rig, from, to *net.TCPConn) {
		sent := send(from, text, true)
		got, err := readAll(to)
		if !bytes.Equal(got, text[:at]) {
			t.Errorf("%d bytes came, want %d", len(got), at)
		}
		wantReset(t, "the receiver", err)
		<-sent
		wantAction(t, r, 1, at)
	})
}

// A predicate may hold bytes until it knows; names may be made by a function.
func TestPredicateThatHolds(t *testing.T) {
	o := proxy.Options{Predicate: func(name string) (func() netsim.Predicate, error) {
		if name != "before-b" {
			return nil, fmt.Errorf("no %s here", name)
		}
		return func() netsim.Predicate {
			waiting := false
			return func(p []byte) int {
				switch {
				case bytes.Contains(p, []byte("b")) && waiting:
					return 0 // before what was held
				case bytes.HasSuffix(p, []byte("aa")):
					waiting = true
					return -1 - 2
				}
				waiting = false
				return -1
			}
		}, nil
	}}
	inEach(t, "truncate client~server @when before-b", o, func(t *testing.T, r *rig, from, to *net.TCPConn) {
		from.Write([]byte("xxaa"))
		got := make([]byte, 2)
		if _, err := io.ReadFull(to, got); err != nil || string(got) != "xx" {
			t.Fatalf("%q, %v", got, err)
		}
		to.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if n, err := to.Read(got); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%d bytes came that are held, %v", n, err)
		}
		to.SetReadDeadline(time.Now().Add(limit))
		from.Write([]byte("b"))
		rest, err := readAll(to)
		if len(rest) > 0 {
			t.Errorf("%q came", rest)
		}
		wantReset(t, "the receiver", err)
		wantAction(t, r, 1, 2)
	})
	// Held bytes go on when no more can come.
	inEach(t, "truncate client~server @when before-b", o, func(t *testing.T, r *rig, from, to *net.TCPConn) {
		from.Write([]byte("xxaa"))
		from.CloseWrite()
		if got, err := readAll(to); string(got) != "xxaa" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
	var fe *netsim.FaultError
	if err := start(t, o).Inject(netsim.Fault{Kind: netsim.Stall, From: "*", To: "*", At: netsim.Trigger{On: netsim.OnPredicate, Predicate: "dawn"}}); !errors.As(err, &fe) || fe.Reason != "no dawn here" {
		t.Errorf("%v", err)
	}
}

func TestInjectOnWhatHasPassed(t *testing.T) {
	r := start(t, proxy.Options{})
	a, b := r.pair()
	a.Write([]byte("0123456789"))
	if _, err := io.ReadFull(b, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := r.Inject(netsim.MustParseFault("reset client->server @byte 5")); err != nil {
		t.Fatal(err)
	}
	_, err := readAll(b)
	wantReset(t, "the receiver", err)
	_, err = readAll(a)
	wantReset(t, "the sender", err)
	wantAction(t, r, 1, 10)
	for text, want := range map[string]string{
		"reset client->broker#1 @byte 3":  "not about client, who dials, and server",
		"stall server->client @byte 3":    "not about",
		"stall client->server @when dawn": `unknown predicate "dawn"`,
	} {
		f, err := netsim.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		var fe *netsim.FaultError
		if err := r.Inject(f); !errors.As(err, &fe) || !strings.Contains(fe.Reason, want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	r.Close()
	if err := r.Inject(netsim.MustParseFault("stall client->server")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
