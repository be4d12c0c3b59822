package proxy_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/netsim/proxy"
	"pgregory.net/rapid"
)

// Without faults the proxy is a pipe, whatever the path; with a truncation it is one
// up to that byte.
func TestPipe(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text, answer := pattern(rapid.IntRange(0, 100_000).Draw(rt, "bytes there")), pattern(rapid.IntRange(0, 100_000).Draw(rt, "bytes back"))
		path := func(name string, size int) netsim.Path {
			p := netsim.Path{SendBuffer: rapid.IntRange(1, 100_000).Draw(rt, name+" buffer")}
			p.Split = rapid.SampledFrom([]netsim.Split{netsim.SplitWhole, netsim.SplitRandom}).Draw(rt, name+" split")
			if size < 3000 {
				p.Split = netsim.SplitBytes
			}
			if rapid.Bool().Draw(rt, name+" takes time") {
				p.Latency, p.Jitter, p.Bandwidth = time.Millisecond, 100*time.Microsecond, 100_000_000
			}
			if p.Latency > 0 || size > 10_000 {
				p.SendBuffer += size / 10 // a test takes at most some ten latencies
			}
			return p
		}
		o := proxy.Options{Seed: rapid.Uint64().Draw(rt, "seed"), There: path("there", len(text)), Back: path("back", len(answer))}
		want, cut := text, rapid.Bool().Draw(rt, "cut")
		if cut && len(text) > 0 {
			k := rapid.IntRange(1, len(text)).Draw(rt, "place")
			o.Faults = append(o.Faults, netsim.MustParseFault(fmt.Sprintf("truncate client->server @byte %d", k)))
			want = text[:k]
		}
		r := start(t, o)
		defer r.Close()
		client, server := r.pair()
		defer client.Close()
		defer server.Close()
		there, back := send(client, text, true), send(server, answer, true)
		came := make(chan []byte, 1)
		go func() {
			b, _ := readAll(client)
			came <- b
		}()
		got, err := readAll(server)
		if !bytes.Equal(got, want) {
			rt.Errorf("%d bytes came, want %d", len(got), len(want))
		}
		if len(o.Faults) > 0 {
			if err == nil { // the system tells of a reset once
				err = <-back
				back <- nil
			}
			wantReset(t, "the receiver", err)
			if b := <-came; !bytes.HasPrefix(answer, b) {
				rt.Errorf("what came back is not what was sent")
			}
		} else if b := <-came; !bytes.Equal(b, answer) || err != nil {
			rt.Errorf("%d bytes came back of %d; there: %v", len(b), len(answer), err)
		}
		<-there
		<-back
		if o.Faults == nil {
			r.log.await(t, "end of both directions", func() bool { return count(&r.log, netsim.Ended) == 2 })
		}
		judge(rt, r, text, answer)
	})
}

func count(l *log, what netsim.What) (n int) {
	for _, e := range l.events {
		if e.What == what {
			n++
		}
	}
	return n
}

// judge checks that the events of a connection tell what was sent and delivered, each
// byte once, in order, and no byte delivered before it was sent.
func judge(t *rapid.T, r *rig, there, back []byte) {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	var sent, delivered [2]uint64
	for _, e := range r.log.events {
		way, text := 0, there
		if e.Back {
			way, text = 1, back
		}
		at := &sent[way]
		switch e.What {
		case netsim.Delivered:
			at = &delivered[way]
		case netsim.Sent:
		default:
			continue
		}
		end := e.Offset + uint64(len(e.Bytes))
		if e.Offset != *at || end > uint64(len(text)) || !bytes.Equal(e.Bytes, text[e.Offset:end]) {
			t.Fatalf("%v %d to %d after %d, or other bytes", e.What, e.Offset, end, *at)
		}
		if *at = end; delivered[way] > sent[way] {
			t.Fatalf("byte %d was delivered before it was sent", delivered[way])
		}
	}
}

// A sender is stopped by a receiver that does not read: the proxy holds no more than
// its buffers.
func TestBackPressure(t *testing.T) {
	const buffer = 5000
	path := netsim.Path{SendBuffer: buffer}
	r := start(t, proxy.Options{There: path, Back: path}, "stall client->server @byte 100")
	client, server := r.pair()
	text := pattern(30_000_000)
	sent := send(client, text, true)
	r.awaitActions(1)
	select {
	case err := <-sent:
		t.Fatalf("the sender was not stopped: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	r.log.mu.Lock()
	var taken uint64
	for _, e := range r.log.events {
		if e.What == netsim.Sent {
			taken += uint64(len(e.Bytes))
		}
	}
	r.log.mu.Unlock()
	if taken > 100+buffer {
		t.Errorf("the proxy has taken %d bytes into a buffer of %d", taken, buffer)
	}
	r.Heal()
	if got, err := readAll(server); err != nil || !bytes.Equal(got, text) {
		t.Errorf("%d bytes came of %d, %v", len(got), len(text), err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// A reset by one program reaches the other, after the bytes before it.
func TestResetIsForwarded(t *testing.T) {
	inEach(t, "delay client~server by 1ms", proxy.Options{}, func(t *testing.T, r *rig, from, to *net.TCPConn) {
		from.Write([]byte("last words"))
		if _, err := io.ReadFull(to, make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		from.SetLinger(0)
		from.Close()
		_, err := readAll(to)
		wantReset(t, "the other end", err)
	})
}

// A reset reaches a program that reads nothing, whose socket takes no more.
func TestResetOvertakesWhatNobodyReads(t *testing.T) {
	for _, d := range directions {
		r := start(t, proxy.Options{})
		from, to := d.ends(r)
		done := make(chan struct{})
		go func() { // until the system's buffers are full
			defer close(done)
			from.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
			for err := error(nil); err == nil; {
				_, err = from.Write(make([]byte, 1<<20))
			}
		}()
		<-done
		from.SetLinger(0)
		from.Close()
		r.log.await(t, "reset in direction "+d.name, func() bool { return count(&r.log, netsim.WasReset) > 0 })
		_, err := readAll(to)
		wantReset(t, "the other end", err)
	}
}

// What a server has answered is read even though it has closed and reset.
func TestAnswerBeforeReset(t *testing.T) {
	for range 50 {
		r := start(t, proxy.Options{})
		client, server := r.pair()
		client.Write([]byte("question"))
		io.ReadFull(server, make([]byte, 1)) // leaves bytes unread, so that Close resets
		server.Write([]byte("go away"))
		server.Close()
		got, err := readAll(client)
		if string(got) != "go away" {
			t.Fatalf("the client reads %q, %v", got, err)
		}
		wantReset(t, "the client", err)
		r.Close()
	}
}

func TestCloseEndsEverything(t *testing.T) {
	r := start(t, proxy.Options{There: netsim.Path{Latency: time.Hour}}, "black-hole client->server#2", "slow-accept client->server#3 by 1h", "stall client<-server#1")
	a, b := r.pair()
	hole, slow := r.dial(), r.dial()
	r.awaitActions(3)
	for _, c := range []*net.TCPConn{a, b} {
		if err := <-send(c, pattern(1000), false); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{a, b, hole, slow} {
		_, err := readAll(c)
		wantReset(t, "a connection", err)
	}
	if s := r.Stats(); s.Open != 0 || s.Conns != 3 {
		t.Errorf("%+v", s)
	}
	if c, err := net.Dial("tcp", r.Addr().String()); err == nil {
		c.Close()
		t.Error("the proxy still listens")
	}
}

// Whatever happens, once it is healed the proxy is a pipe again, connections end with
// their programs, and nothing is left.
func TestHealedProxyIsAPipe(t *testing.T) {
	menu := netsim.Menu{
		Kinds: proxy.Kinds(), Dialers: []string{"client"}, Acceptors: []string{"server"}, Conns: 3,
		Bytes: 20_000, Time: 10 * time.Millisecond, Lasting: 20 * time.Millisecond, Delay: 5 * time.Millisecond,
	}
	acted := 0
	for seed := range uint64(40) {
		path := netsim.Path{Split: netsim.SplitRandom, SendBuffer: 3000, Jitter: 100 * time.Microsecond}
		r := start(t, proxy.Options{Seed: seed, There: path, Back: path, Faults: menu.Plan(seed, 5)})
		go echo(r.upstream)
		var crowd sync.WaitGroup
		for i := range 4 {
			crowd.Go(func() {
				if c, err := r.tryDial(); err == nil {
					sent := send(c, pattern(10_000*i), true)
					c.SetReadDeadline(time.Now().Add(30 * time.Millisecond)) // impatient
					io.Copy(io.Discard, c)
					c.Close()
					<-sent
				}
			})
		}
		crowd.Wait()
		r.Heal()
		c := r.dial()
		text := pattern(30_000)
		sent := send(c, text, true)
		got, err := readAll(c)
		if err != nil || !bytes.Equal(got, text) || <-sent != nil {
			t.Errorf("seed %d, %v: healed, %d bytes came back, %v", seed, menu.Plan(seed, 5), len(got), err)
		}
		r.awaitNone()
		acted += r.Stats().Acted
		r.Close()
	}
	if acted < 100 {
		t.Errorf("faults have acted %d times", acted)
	}
}

// echo serves connections until the listener is closed.
func echo(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			c.SetDeadline(time.Now().Add(limit))
			io.Copy(c, c)
		}()
	}
}

func TestConnectionsAreForgotten(t *testing.T) {
	r := start(t, proxy.Options{Conns: 2}, "stall client->server for 1ms")
	for range 20 { // ten times more than there is room for
		a, b := r.pair()
		a.Close()
		if _, err := readAll(b); err != nil {
			t.Fatal(err)
		}
		b.Close()
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	told := make(chan error, 1)
	p, err := proxy.Start(proxy.Options{Listen: "127.0.0.1:0", Upstream: l.Addr().String(), Unreachable: func(n int, err error) { told <- fmt.Errorf("%d: %w", n, err) }})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	(&rig{t: t, Proxy: p}).wantDialReset("the client")
	var oe *net.OpError
	if err := <-told; !errors.As(err, &oe) || err.Error()[:2] != "1:" {
		t.Errorf("told %v", err)
	}
	if s := p.Stats(); s.Unreachable != 1 || s.Open != 0 {
		t.Errorf("%+v", s)
	}
}

func TestOptionsAreRefused(t *testing.T) {
	for name, o := range map[string]proxy.Options{
		"Listen":   {Listen: "nowhere", Upstream: "127.0.0.1:1"},
		"Upstream": {Listen: "127.0.0.1:0", Upstream: "127.0.0.1:0"},
		"Dialer":   {Listen: "127.0.0.1:0", Upstream: "127.0.0.1:1", Dialer: "a", Acceptor: "a"},
	} {
		var e *proxy.OptionError
		if p, err := proxy.Start(o); !errors.As(err, &e) || e.Option != name {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	var fe *netsim.FaultError
	bad := proxy.Options{Listen: "127.0.0.1:0", Upstream: "127.0.0.1:1", Faults: []netsim.Fault{{Kind: netsim.Reset, From: "*", To: "*"}}}
	if _, err := proxy.Start(bad); !errors.As(err, &fe) {
		t.Errorf("a reset without trigger: %v", err)
	}
}
