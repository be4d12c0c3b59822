package peer_test

import (
	"encoding/hex"
	"testing"

	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

func TestCompositeOctets(t *testing.T) {
	for _, k := range []struct {
		name   string
		fields peer.Fields
		want   string // written out by hand from the specification
	}{
		{"close", nil, "00531845"},
		{"open", peer.Fields{"container-id": "x"}, "005310c00401a10178"},
		{"open", peer.Fields{"container-id": "x", "channel-max": uint16(7)}, "005310c00904a101784040600007"},
		{"open", peer.Fields{"container-id": "x", "channel-max": nil}, "005310c00401a10178"},
		{"end", peer.Fields{"error": peer.ErrorValue("a", "b")}, "005317c00d0100531dc00702a30161a10162"},
	} {
		if got := hex.EncodeToString(peer.Composite(k.name, k.fields).Append(nil)); got != k.want {
			t.Errorf("%s %v: want %s, got %s", k.name, k.fields, k.want, got)
		}
	}
	if got := hex.EncodeToString(peer.FrameOf(3, peer.Composite("close", nil))); got != "0000000c0200000300531845" {
		t.Errorf("frame: %s", got)
	}
}

func TestScriptErrorsPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"type":     func() { peer.Composite("opne", nil) },
		"no list":  func() { peer.Composite("role", nil) },
		"field":    func() { peer.Composite("open", peer.Fields{"container": "x"}) },
		"value":    func() { peer.Composite("open", peer.Fields{"container-id": struct{}{}}) },
		"no frame": func() { new(peer.Frame).Field("error") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestFrameFields(t *testing.T) {
	c, there, _ := scripted(t)
	write(t, there, wire.HeaderAMQP.Append(nil),
		frame("open", peer.Fields{"container-id": "x", "channel-max": uint16(7), "hostname": wire.Symbol("h")}))
	c.Next()
	f := c.Next().Frame
	if n, ok := f.Uint("channel-max"); n != 7 || !ok {
		t.Errorf("channel-max %d, %t", n, ok)
	}
	if n, ok := f.Uint("max-frame-size"); n != 4294967295 || !ok {
		t.Errorf("the default of max-frame-size is %d, %t", n, ok)
	}
	if _, ok := f.Uint("idle-time-out"); ok {
		t.Error("idle-time-out has no default")
	}
	if _, ok := f.Uint("container-id"); ok {
		t.Error("a string is no number")
	}
	if f.Text("hostname") != "h" || f.Text("properties") != "" || f.Field("properties") != nil {
		t.Error("text fields")
	}
	if condition, text := f.Condition(); condition != "" || text != "" {
		t.Errorf("open has no error: %q %q", condition, text)
	}
}

func TestBodiesThatAreNoPerformatives(t *testing.T) {
	for name, body := range map[string][]byte{
		"no descriptor":      {0x45},
		"unknown descriptor": {0, 0x53, 0x1f, 0x45},
		"not a list":         {0, 0x53, 0x10, 0x40},
		"half a value":       {0, 0x53},
		"message section":    {0, 0x53, 0x75, 0xa0, 0},
	} {
		c, there, _ := scripted(t)
		raw := wire.RawFrame{Body: body}
		write(t, there, wire.HeaderAMQP.Append(nil), raw.Append(nil))
		c.Next()
		ev := c.Next()
		if ev.Kind != peer.KindFrame || ev.Frame.Name != "" || ev.Frame.Err == nil || ev.Is("") || ev.Frame.Type() != nil {
			t.Errorf("%s: got %v", name, ev)
		}
		if ev.Frame.Empty() || ev.String() == "" || ev.Frame.Err.Error() == "" {
			t.Errorf("%s: %v", name, ev)
		}
	}
}
