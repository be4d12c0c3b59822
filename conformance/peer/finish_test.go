package peer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/collider-amqp/collider/conformance/internal/memnet"
	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

func TestFinish(t *testing.T) {
	open := append(wire.HeaderAMQP.Append(nil), frame("open", peer.OpenFields(nil))...)
	refusal := frame("close", peer.Fields{"error": peer.ErrorValue("amqp:not-allowed", "no")})
	for _, k := range []struct {
		name  string
		play  func(*memnet.Conn)
		want  string
		clean bool
		took  time.Duration
	}{
		{"close and FIN", func(c *memnet.Conn) { c.Write(frame("close", nil)); c.CloseWrite() }, "close, FIN", true, 0},
		{"error and FIN", func(c *memnet.Conn) { c.Write(refusal); c.CloseWrite() }, "close (amqp:not-allowed), FIN", true, 0},
		{"FIN", func(c *memnet.Conn) { c.CloseWrite() }, "no close, FIN", false, 0},
		{"reset", func(c *memnet.Conn) { c.Write(frame("close", nil)); c.Close() }, "close, RST", false, 0},
		{"frame after close", func(c *memnet.Conn) { c.Write(refusal); c.Write(frame("end", nil)); c.CloseWrite() }, "close (amqp:not-allowed), 1 frames after it, FIN", false, 0},
		{"close only", func(c *memnet.Conn) { c.Write(frame("close", nil)) }, "close, socket left open", false, timeout},
		{"nothing", func(*memnet.Conn) {}, "no close, socket left open", false, timeout},
	} {
		t.Run(k.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, there, _ := scripted(t)
				write(t, there, open)
				opened(t, c, nil)
				k.play(there)
				start := time.Now()
				closing := c.Finish()
				if closing.String() != k.want || closing.Clean() != k.clean {
					t.Errorf("want %q, got %q, clean %t", k.want, closing, closing.Clean())
				}
				if took := time.Since(start); took != k.took {
					t.Errorf("took %v, want %v", took, k.took)
				}
			})
		})
	}
}

func TestFinishWaitsLessForASilentPartner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, there, _ := scripted(t)
		write(t, there, wire.HeaderAMQP.Append(nil), frame("open", peer.OpenFields(nil)))
		opened(t, c, nil)
		c.Next()
		start := time.Now()
		c.Finish()
		if took := time.Since(start); took != timeout/4 {
			t.Errorf("took %v", took)
		}
	})
}

func TestFinishSendsCloseOnlyWhereItBelongs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := func(script func(*peer.Conn)) bool {
			c, there, log := scripted(t)
			write(t, there, wire.HeaderAMQP.Append(nil), frame("open", peer.OpenFields(nil)))
			script(c)
			c.Finish()
			for _, e := range log.Entries() {
				if e.Dir == peer.Out && e.Text == "0 @close(24) []" {
					return true
				}
			}
			return false
		}
		if !sent(func(c *peer.Conn) { opened(t, c, nil) }) {
			t.Error("an open connection is not closed")
		}
		if sent(func(c *peer.Conn) { c.Header(wire.HeaderAMQP) }) {
			t.Error("close without open")
		}
		if sent(func(c *peer.Conn) { opened(t, c, nil); c.Send(0, 0, 0, 4) }) {
			t.Error("close inside a broken stream")
		}
		if sent(func(c *peer.Conn) { opened(t, c, nil); c.CloseWrite() }) {
			t.Error("close behind FIN")
		}
	})
}
