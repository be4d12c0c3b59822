package peer_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

func TestEvents(t *testing.T) {
	header := wire.HeaderAMQP.Append(nil)
	for _, k := range []struct {
		name   string
		octets []byte
		want   []peer.Kind
		text   string // in the last event but the end
	}{
		{"nothing", nil, []peer.Kind{peer.KindFIN}, ""},
		{"header", header, []peer.Kind{peer.KindHeader, peer.KindFIN}, "AMQP 0 1.0.0"},
		{"two headers", append(wire.HeaderSASL.Append(nil), header...), []peer.Kind{peer.KindHeader, peer.KindHeader, peer.KindFIN}, "AMQP 0 1.0.0"},
		{"another protocol", []byte("HTTP/1.1 400 Bad Request"), []peer.Kind{peer.KindGarbage, peer.KindFIN}, "HTTP/1.1 400"},
		{"frame", append(header, frame("close", nil)...), []peer.Kind{peer.KindHeader, peer.KindFrame, peer.KindFIN}, "@close(24)"},
		{"size 3", append(header, 0, 0, 0, 3, 2, 0, 0, 0), []peer.Kind{peer.KindHeader, peer.KindMalformed, peer.KindFIN}, "size 3"},
		{"data offset 1", append(header, 0, 0, 0, 8, 1, 0, 0, 0), []peer.Kind{peer.KindHeader, peer.KindMalformed, peer.KindFIN}, "data offset"},
		{"huge frame", append(header, 0xff, 0, 0, 0), []peer.Kind{peer.KindHeader, peer.KindMalformed, peer.KindFIN}, "4278190080 octets"},
		{"half a header", header[:5], []peer.Kind{peer.KindFIN}, "after 5 octets of it"},
		{"half a frame", append(header, 0, 0, 0, 12, 2), []peer.Kind{peer.KindHeader, peer.KindFIN}, "after 5 octets of it"},
		{"nothing behind a malformed frame", append(append(header, 0, 0, 0, 3), frame("close", nil)...), []peer.Kind{peer.KindHeader, peer.KindMalformed, peer.KindFIN}, "size 3"},
	} {
		t.Run(k.name, func(t *testing.T) {
			c, there, _ := scripted(t)
			if len(k.octets) > 0 {
				write(t, there, k.octets)
			}
			there.CloseWrite()
			text := ""
			for i, want := range k.want {
				ev := c.Next()
				if ev.Kind != want {
					t.Fatalf("event %d: want %v, got %v", i, want, ev)
				}
				text += ev.String() + "\n"
			}
			if !strings.Contains(text, k.text) {
				t.Errorf("%q is not in %q", k.text, text)
			}
			if again := c.Next(); !again.End() {
				t.Errorf("after the end came %v", again)
			}
			if got := len(c.Trace()); got != len(k.want) {
				t.Errorf("trace has %d events, want %d", got, len(k.want))
			}
		})
	}
}

func TestReset(t *testing.T) {
	c, there, _ := scripted(t)
	there.Reset()
	if ev := c.Next(); ev.Kind != peer.KindReset || ev.Err == nil {
		t.Fatalf("got %v", ev)
	}
}

func TestRefusedWriteHidesNoReset(t *testing.T) {
	c, there, log := scripted(t)
	there.Close()
	c.SendHeader(wire.HeaderAMQP)
	if ev := c.Next(); ev.Kind != peer.KindReset {
		t.Fatalf("the partner reset the connection, but the end is %v", ev)
	}
	if !strings.Contains(log.String(), "not taken") {
		t.Errorf("the log does not tell that the octets were not taken:\n%s", log)
	}
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, there, _ := scripted(t)
		start := time.Now()
		if ev := c.Next(); ev.Kind != peer.KindTimeout || time.Since(start) != timeout {
			t.Fatalf("got %v after %v", ev, time.Since(start))
		}
		if ev := c.NextAny(3 * timeout); ev.Kind != peer.KindTimeout || time.Since(start) != 4*timeout {
			t.Fatalf("got %v after %v", ev, time.Since(start))
		}
		write(t, there, wire.HeaderAMQP.Append(nil))
		if ev := c.Next(); ev.Kind != peer.KindHeader || ev.At != 4*timeout {
			t.Fatalf("got %v at %v", ev, ev.At)
		}
	})
}

func TestNoise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, there, _ := scripted(t)
		flow := peer.Fields{"incoming-window": uint32(1), "next-outgoing-id": uint32(0), "outgoing-window": uint32(1)}
		write(t, there, wire.HeaderAMQP.Append(nil), wire.AppendEmptyFrame(nil), frame("flow", flow), frame("end", nil))
		c.Next()
		if ev := c.Next(); !ev.Is("end") {
			t.Fatalf("want end, got %v", ev)
		}
		if n := len(c.Trace()); n != 4 {
			t.Fatalf("the trace has %d events, want all 4", n)
		}
		write(t, there, wire.AppendEmptyFrame(nil))
		if ev := c.NextAny(timeout); ev.Kind != peer.KindFrame || !ev.Frame.Empty() {
			t.Fatalf("want the empty frame, got %v", ev)
		}
	})
}

func TestNoiseDoesNotExtendAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, there, _ := scripted(t)
		write(t, there, wire.HeaderAMQP.Append(nil))
		c.Next()
		stop := make(chan struct{})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for {
				select {
				case <-stop:
					return
				case <-time.After(timeout / 10):
					there.Write(wire.AppendEmptyFrame(nil))
				}
			}
		}()
		start := time.Now()
		if ev := c.Next(); ev.Kind != peer.KindTimeout || time.Since(start) != timeout {
			t.Errorf("got %v after %v", ev, time.Since(start))
		}
		close(stop)
		<-ended
	})
}

func TestRemoteLimits(t *testing.T) {
	c, there, _ := scripted(t)
	if r := c.Remote(); r.MaxFrameSize != 512 || r.ChannelMax != 0 {
		t.Errorf("before open: %+v", r)
	}
	write(t, there, wire.HeaderAMQP.Append(nil), frame("open", peer.Fields{"container-id": "x", "idle-time-out": uint32(30)}))
	c.Next()
	c.Next()
	r := c.Remote()
	if r.ContainerID != "x" || r.MaxFrameSize != 4294967295 || r.ChannelMax != 65535 || r.IdleTimeOut != 30*time.Millisecond {
		t.Errorf("got %+v", r)
	}
	if c.MaxFrameSize() != 512 {
		t.Errorf("own limit is %d before open", c.MaxFrameSize())
	}
	c.SendPerformative(0, "open", peer.OpenFields(peer.Fields{"max-frame-size": uint32(1000)}))
	if c.MaxFrameSize() != 1000 {
		t.Errorf("own limit is %d", c.MaxFrameSize())
	}
}

func TestFloodIsBounded(t *testing.T) {
	c, there, _ := scripted(t)
	go func() {
		there.Write(wire.HeaderAMQP.Append(nil))
		empties := bytes.Repeat(wire.AppendEmptyFrame(nil), 1<<12)
		for {
			if _, err := there.Write(empties); err != nil {
				return
			}
		}
	}()
	c.SetTimeout(time.Minute)
	c.Next()
	if ev := c.Next(); ev.Kind != peer.KindMalformed || !strings.Contains(ev.String(), "more came than is kept") {
		t.Fatalf("got %v", ev)
	}
	if n := len(c.Trace()); n > 1<<17 {
		t.Errorf("%d events are kept", n)
	}
	c.Abort()
}
