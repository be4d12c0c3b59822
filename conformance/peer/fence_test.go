package peer_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/collider-amqp/collider/conformance/internal/reference"
	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

func TestFencesFollowTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := served(t, reference.Config{ChannelMax: 1})
		if _, err := c.Header(wire.HeaderAMQP); err != nil {
			t.Fatal(err)
		}
		var sent []string
		for range 4 {
			if before, err := c.Fence(); err != nil || len(before) != 0 {
				t.Fatalf("after %v: %v, %v", sent, before, err)
			}
			events := c.Trace()
			sent = append(sent, events[len(events)-1].Frame.Name)
		}
		// open, then the two channels, then a link.
		if want := [4]string{"open", "begin", "begin", "attach"}; [4]string(sent) != want {
			t.Errorf("want %v, got %v", want, sent)
		}
		if _, err := c.FenceOn(1); err != nil {
			t.Errorf("a second link: %v", err)
		}
		if _, err := c.FenceOn(7); !errors.Is(err, peer.ErrNoFence) {
			t.Errorf("a fence on a channel without session: %v", err)
		}
		if _, err := c.Close(nil); err != nil {
			t.Errorf("the detaches of the throw-away links are noise: %v", err)
		}
		if _, err := c.Fence(); !errors.Is(err, peer.ErrNoFence) {
			t.Errorf("a fence after close: %v", err)
		}
	})
}

func TestFenceReturnsWhatCameBefore(t *testing.T) {
	c, there, _ := scripted(t)
	write(t, there, wire.HeaderAMQP.Append(nil), frame("open", peer.OpenFields(nil)))
	opened(t, c, nil)
	write(t, there, frame("end", nil), wire.AppendEmptyFrame(nil),
		frame("begin", peer.BeginFields(peer.Fields{"remote-channel": uint16(9)})),
		frame("begin", peer.BeginFields(peer.Fields{"remote-channel": uint16(0)})))
	before, err := c.Fence()
	if err != nil || len(before) != 2 || !before[0].Is("end") || !before[1].Is("begin") {
		t.Fatalf("%v, %v", before, err)
	}
}

func TestFenceEndsAtClose(t *testing.T) {
	c, there, _ := scripted(t)
	write(t, there, wire.HeaderAMQP.Append(nil), frame("open", peer.OpenFields(nil)), frame("end", nil),
		frame("close", peer.Fields{"error": peer.ErrorValue("amqp:not-allowed", "no")}))
	opened(t, c, nil)
	before, err := c.Fence()
	var unexpected *peer.UnexpectedError
	if !errors.As(err, &unexpected) || !unexpected.Got.Is("close") || len(before) != 1 {
		t.Fatalf("%v, %v", before, err)
	}
}

func TestNoFenceInABrokenStream(t *testing.T) {
	c, there, _ := scripted(t)
	write(t, there, wire.HeaderAMQP.Append(nil), frame("open", peer.OpenFields(nil)))
	opened(t, c, nil)
	c.Send(0, 0, 0, 4)
	if _, err := c.Fence(); !errors.Is(err, peer.ErrNoFence) {
		t.Errorf("got %v", err)
	}
}
