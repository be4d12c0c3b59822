package record

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/sim/check"
	"github.com/collider-amqp/collider/sim/history"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sender sends three messages and closes when they are settled.
type sender struct {
	container.BaseHandler
	c             *Container
	sent, settled int
	opened        chan *container.Connection
}

func (h *sender) OnSenderOpen(s *container.Sender) { h.opened <- s.Connection() }

func (h *sender) OnSendable(s *container.Sender) {
	for ; h.sent < 3; h.sent++ {
		m := container.NewMessage(fmt.Sprint(h.sent))
		m.SetID(uint64(100 + h.sent))
		if _, err := h.c.Send(s, m); err != nil {
			panic(err)
		}
	}
}

func (h *sender) OnTrackerSettle(t *container.Tracker) {
	if h.settled++; h.settled == 3 {
		h.c.Close(t.Connection(), nil)
	}
}

// TestProductionHistory records a run on goroutines and sockets and has it
// judged by the checkers of simulated runs.
func TestProductionHistory(t *testing.T) {
	rec := history.NewRecorder(history.Options{})
	c := New(rec, "c", container.BaseHandler{}, container.Options{})
	l, err := c.Listen("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	port, err := l.Port()
	if err != nil {
		t.Fatal(err)
	}
	h := &sender{c: c, opened: make(chan *container.Connection, 1)}
	err = c.OpenSender(fmt.Sprintf("127.0.0.1:%d/q", port), container.SenderOptions{}, container.ConnectionOptions{Handler: h})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Run(context.Background(), 3); err != nil {
			t.Error(err)
		}
	})
	conn := <-h.opened
	q := c.Queue(conn)
	q.Add(func() {})
	q.Schedule(time.Millisecond, func() {})
	c.Wake(conn)
	c.Cancel(c.Schedule(time.Hour, func() {}))
	c.Schedule(0, func() {})
	free := c.NewQueue()
	free.Add(func() {})
	l.Stop()
	wg.Wait()

	got := rec.History()
	for _, v := range check.Standard(check.Options{Strict: true})(got) {
		t.Errorf("%s: %s", v.Rule, v.Message)
	}
	count := make(map[string]int)
	for i := range got.Events {
		e := &got.Events[i]
		if e.Kind == history.Begin || e.Kind == history.Call {
			count[e.Name]++
		}
		if e.Name == history.OnMessage && (e.Item < 100 || e.Item > 102) {
			t.Errorf("a message is numbered %d, not by its message-id", e.Item)
		}
	}
	for name, want := range map[string]int{
		history.OnContainerStart: 1, history.OnContainerStop: 1, history.OnOpen: 1, history.OnAccept: 1, history.OnClose: 1,
		history.OnTransportOpen: 2, history.OnTransportClose: 2, history.OnConnectionOpen: 2, history.OnConnectionClose: 2,
		history.OnSessionOpen: 2, history.OnSenderOpen: 1, history.OnReceiverOpen: 1, history.OnMessage: 3,
		history.OnTrackerAccept: 3, history.OnTrackerSettle: 3, history.OpSend: 3, history.OpConnect: 1, history.OpListen: 1,
		history.OpRun: 1, history.OpWake: 1, history.OpAdd: 2, history.OpQueueSchedule: 1, history.OpSchedule: 2,
		history.OpCancel: 1, history.OpListenerStop: 1, history.OpConnClose: 1,
	} {
		if count[name] != want {
			t.Errorf("%s was recorded %d times, want %d", name, count[name], want)
		}
	}
}

// TestNilRecorderPassesOn runs the wrappers without a recorder.
func TestNilRecorderPassesOn(t *testing.T) {
	c := New(nil, "c", nil, container.Options{})
	if c.Handler(container.BaseHandler{}) != (container.Handler)(container.BaseHandler{}) {
		t.Error("a handler was wrapped for nobody")
	}
	var ran int
	c.Schedule(0, func() { ran++ })
	c.NewQueue().Add(func() { ran++ })
	if err := c.Run(context.Background(), 1); err != nil || ran != 2 {
		t.Errorf("Run returned %v after %d of 2 functions", err, ran)
	}
}

func TestHandlerIsWrappedOnce(t *testing.T) {
	c := New(history.NewRecorder(history.Options{}), "c", nil, container.Options{})
	h := c.Handler(container.BaseHandler{})
	if c.Handler(h) != h {
		t.Error("an observed handler was wrapped again")
	}
	if c.Handler(nil) != nil {
		t.Error("no handler became one")
	}
}
