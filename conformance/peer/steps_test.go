package peer_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/collider-amqp/collider/conformance/internal/reference"
	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

func TestConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := served(t, reference.Config{SASL: true})
		if err := c.SASL(peer.Credentials{Mechanism: "ANONYMOUS", Response: []byte("x")}); err != nil {
			t.Fatal(err)
		}
		opened(t, c, nil)
		if f, err := c.Begin(3, nil); err != nil || f.Name != "begin" {
			t.Fatalf("%v, %v", f, err)
		}
		f, err := c.Attach(3, "link", 5, nil)
		if err != nil || f.Text("name") != "link" || f.Field("role") != true {
			t.Fatalf("%v, %v", f, err)
		}
		if _, err := c.End(3); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Close(nil); err != nil {
			t.Fatal(err)
		}
		if closing := c.Finish(); !closing.Clean() {
			t.Errorf("closing: %v", closing)
		}
	})
}

func TestStepErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := served(t, reference.Config{SASL: true})
		err := c.SASL(peer.Credentials{Mechanism: "PLAIN", Response: []byte("x")})
		if err == nil || !strings.Contains(err.Error(), "does not offer") {
			t.Errorf("a mechanism that is not offered: %v", err)
		}
		c.Finish()

		c = served(t, reference.Config{})
		if _, err := c.Mechanisms(); err != nil {
			t.Errorf("the reference server has SASL on request: %v", err)
		}
		c.Abort()

		c = served(t, reference.Config{})
		opened(t, c, nil)
		_, err = c.Begin(256, nil)
		var unexpected *peer.UnexpectedError
		if !errors.As(err, &unexpected) || !unexpected.Got.Is("close") || unexpected.Want != "begin" {
			t.Fatalf("begin beyond channel-max: %v", err)
		}
		if condition, text := unexpected.Got.Frame.Condition(); condition != "amqp:connection:framing-error" || text == "" {
			t.Errorf("condition %q, text %q", condition, text)
		}
	})
}

func TestRefusedCredentials(t *testing.T) {
	c, there, _ := scripted(t)
	sasl := func(name string, fields peer.Fields) []byte {
		f := wire.RawFrame{Type: wire.FrameSASL, Body: peer.Composite(name, fields).Append(nil)}
		return f.Append(nil)
	}
	write(t, there, wire.HeaderSASL.Append(nil),
		sasl("sasl-mechanisms", peer.Fields{"sasl-server-mechanisms": []wire.Symbol{"PLAIN", "ANONYMOUS"}}),
		sasl("sasl-outcome", peer.Fields{"code": uint8(1)}))
	err := c.SASL(peer.Credentials{Mechanism: "ANONYMOUS"})
	if err == nil || !strings.Contains(err.Error(), "sasl-outcome") {
		t.Errorf("got %v", err)
	}
}

func TestOpenMayComeFirst(t *testing.T) {
	c, there, _ := scripted(t)
	write(t, there, wire.HeaderAMQP.Append(nil), frame("open", peer.OpenFields(nil)))
	if _, err := c.Header(wire.HeaderAMQP); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AwaitOpen(); err != nil {
		t.Fatal(err)
	}
	if f, err := c.Open(nil); err != nil || f != c.Remote().Open {
		t.Fatalf("%v, %v", f, err)
	}
}
