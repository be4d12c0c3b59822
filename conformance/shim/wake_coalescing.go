package shim

import (
	"errors"
	"time"

	"github.com/collider-amqp/collider/sim/history"
)

var wakeCoalescing = Program{
	Name: "wake-coalescing",
	Doc: "Threads wake a connection in rounds: after the last wake of each round at least one on_connection_wake " +
		"begins, and none after the end of the connection.",
	Rules: []string{"SER-1", "WAKE-1", "WAKE-2", "WAKE-5"},
	Needs: []Op{OpRun, OpListen, OpConnect, OpOpenSender, OpSend, OpWake, OpBehave, OpClose, OpStop, OpBarrier, OpReset},
	body:  coalesceWakes,
}

func coalesceWakes(r *run) error {
	p, err := r.pair(r.between(1, 4))
	if err != nil {
		return err
	}
	if err := r.traffic(p, r.between(0, 100)); err != nil {
		return err
	}
	// Many short rounds: only the last wakes of a round can show a loss.
	for range r.between(10, 30) {
		if err := r.wakeRound(p); err != nil {
			return err
		}
	}
	if r.c.Hello().Promises.WakeSafeAtClose {
		if err := r.wakeUnderClose(p); err != nil {
			return err
		}
	} else if err := r.stop(); err != nil { // then wakes meet no end in progress
		return err
	}
	_, err = r.do(Command{Op: OpWake, Conn: p.conn, Threads: r.between(1, 4), N: 10})
	return err
}

// wakeRound wakes the connection from several threads and waits for a callback
// that began after all wakes were called. No job serves as a fence: it would
// wake the connection itself. If the callback does not come, the *HangError
// ends the program, and the history tells which wake was lost.
func (r *run) wakeRound(p pair) error {
	r.pause(200 * time.Microsecond)
	k := r.between(1, 8)
	cmd := Command{Op: OpWake, Conn: p.conn, Threads: k, N: r.between(1, 20), GapMicros: r.between(0, 1) * r.between(1, 50)}
	if _, err := r.do(cmd); err != nil {
		return err
	}
	b, err := r.do(Command{Op: OpBarrier}) // brings all calls
	if err != nil {
		return err
	}
	last := r.c.lastCall(history.OpWake, p.conn, b.Seq)
	return r.await("an on_connection_wake that begins after the last wake", func(e *Event) bool {
		return e.Kind == "enter" && e.Name == history.OnConnectionWake && e.Conn == p.conn && e.Seq > last
	})
}

// lastCall returns the seq of the last call of an operation on a connection up to
// upto.
func (c *Client) lastCall(name string, conn uint32, upto uint64) (last uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.events {
		e := &c.events[i]
		if e.Kind == "call" && e.Name == name && e.Conn == conn && e.Seq <= upto {
			last = max(last, e.Seq)
		}
	}
	return last
}

// wakeUnderClose closes the connection while threads wake it, and waits for its
// last callback.
func (r *run) wakeUnderClose(p pair) error {
	waking := Command{Op: OpWake, Conn: p.conn, Threads: r.between(1, 4), N: r.between(20, 200), GapMicros: r.between(0, 20)}
	done := make(chan error, 1)
	go func() {
		_, err := r.do(waking)
		done <- err
	}()
	r.pause(2 * time.Millisecond)
	_, err := r.do(Command{Op: OpClose, Conn: p.conn, Item: r.items(1)})
	if err := errors.Join(err, <-done); err != nil {
		return err
	}
	return r.await("the connection's on_transport_close", ended(history.OnTransportClose, p.conn))
}
