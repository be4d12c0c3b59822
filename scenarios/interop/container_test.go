//go:build interop

package interop

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container"
)

// numbered is a message as Proton's examples send it.
func numbered(i int) *container.Message {
	m := container.NewMessage(container.Map{{Key: "sequence", Value: int32(i)}})
	m.SetID(uint64(i))
	return m
}

// sending sends 1…n and closes the connection when all are accepted.
type sending struct {
	container.BaseHandler
	n, sent, accepted int
}

func (h *sending) OnSendable(s *container.Sender) {
	for h.sent < h.n && s.Credit() > 0 {
		if _, err := s.Send(numbered(h.sent + 1)); err != nil {
			s.Connection().Container().Stop(fmt.Errorf("send number %d: %w", h.sent+1, err))
			return
		}
		h.sent++
	}
}

func (h *sending) OnTrackerAccept(t *container.Tracker) {
	if h.accepted++; h.accepted == h.n {
		t.Connection().Close(nil)
	}
}

// receiving takes messages and closes the connection after n, or leaves that to
// the peer if n is 0.
type receiving struct {
	container.BaseHandler
	n   int
	got []string
}

func (h *receiving) OnMessage(d *container.Delivery, m *container.Message) {
	h.got = append(h.got, fmt.Sprint(m.Value))
	if len(h.got) == h.n {
		d.Connection().Close(nil)
	}
}

// bodies are the bodies of the messages 1…n as receiving keeps them.
func bodies(n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = fmt.Sprint(numbered(i + 1).Value)
	}
	return s
}

// run runs a container until it stops by itself, at most a minute.
func run(t *testing.T, c *container.Container, threads int) {
	t.Helper()
	late := errors.New("the container has not stopped by itself")
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, late)
	defer cancel()
	began := time.Now()
	if err := c.Run(ctx, threads); err != nil {
		t.Fatalf("run with %d threads: %v", threads, err)
	}
	t.Logf("container with %d threads: %v", threads, time.Since(began).Round(time.Millisecond))
}

// TestContainerToProtonDirectRecv has a client on our container send to Proton.
func TestContainerToProtonDirectRecv(t *testing.T) {
	const n = 1000
	for _, threads := range []int{1, 4} {
		t.Run(strconv.Itoa(threads), func(t *testing.T) {
			p := start(t, program(t, "direct_recv"), "-a", "127.0.0.1:0", "-m", strconv.Itoa(n))
			addr := "127.0.0.1:" + p.await(t, "listening on ", readyIn)
			h := &sending{n: n}
			c := container.New("interop", h, container.Options{})
			if err := c.OpenSender(addr+"/examples", container.SenderOptions{}, container.ConnectionOptions{}); err != nil {
				t.Fatal(err)
			}
			run(t, c, threads)
			p.succeed(t, 30*time.Second)
			if h.accepted != n {
				t.Errorf("%d of %d messages were accepted", h.accepted, n)
			}
			wantEqual(t, "received", suffixes(p.stdout.lines(), `{"sequence"=`), sequence("%d}", n))
		})
	}
}

// TestContainerFromProtonDirectSend has a client on our container receive from
// Proton, which closes the connection when it knows that all was accepted.
func TestContainerFromProtonDirectSend(t *testing.T) {
	const n = 1000
	for _, threads := range []int{1, 4} {
		t.Run(strconv.Itoa(threads), func(t *testing.T) {
			p := start(t, program(t, "direct_send"), "-a", "127.0.0.1:0", "-m", strconv.Itoa(n))
			addr := "127.0.0.1:" + p.await(t, "listening on ", readyIn)
			h := &receiving{}
			c := container.New("interop", h, container.Options{})
			if err := c.OpenReceiver(addr+"/examples", container.ReceiverOptions{}, container.ConnectionOptions{}); err != nil {
				t.Fatal(err)
			}
			run(t, c, threads)
			p.succeed(t, 30*time.Second)
			wantLast(t, p, "all messages confirmed")
			wantEqual(t, "received", h.got, bodies(n))
		})
	}
}

// TestContainerThroughProtonBroker sends and receives on two connections of one
// container, through Proton's broker.
func TestContainerThroughProtonBroker(t *testing.T) {
	const n = 2000
	_, addr := protonBroker(t)
	out, in := &sending{n: n}, &receiving{n: n}
	c := container.New("interop", nil, container.Options{})
	err := c.OpenReceiver(addr+"/examples", container.ReceiverOptions{}, container.ConnectionOptions{Handler: in})
	if err == nil {
		err = c.OpenSender(addr+"/examples", container.SenderOptions{}, container.ConnectionOptions{Handler: out})
	}
	if err != nil {
		t.Fatal(err)
	}
	run(t, c, 4)
	if out.accepted != n {
		t.Errorf("%d of %d messages were accepted", out.accepted, n)
	}
	wantEqual(t, "received", in.got, bodies(n))
}
