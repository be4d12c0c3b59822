package shim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/collider-amqp/collider/sim/history"
)

// Program is a named way to drive a shim into a corner of the contract. It only
// acts and waits; what happened is judged from the history.
type Program struct {
	Name string
	// Doc is one sentence.
	Doc string
	// Rules are the rules of the container contract that it aims at.
	Rules []string
	// Needs are the operations that the shim must support.
	Needs []Op

	body func(*run) error
}

// Programs returns all programs, in order of name.
func Programs() []Program {
	return []Program{wakeCoalescing, workQueueOrder}
}

// RunProgram resets the shim, runs the program of that name, stops the shim's
// container and returns the history. The seed decides the program's numbers
// (threads, jobs, pauses) and not the schedule, which is the shim's; the same
// seed need not give the same history.
//
// An error is a fault of the shim or of the program's environment and no verdict
// on the library, with one exception: a *HangError or *CrashError may be the
// library's. If the error is a *HangError for an event that did not come, the
// history up to there is returned with it.
func RunProgram(ctx context.Context, c *Client, name string, seed uint64) (history.History, error) {
	for _, p := range Programs() {
		if p.Name != name {
			continue
		}
		for _, op := range p.Needs {
			if h := c.Hello(); !h.Supports(op) {
				return history.History{}, &RefusedError{Op: op, Kind: Unsupported, Text: "program " + name + " needs it"}
			}
		}
		return p.run(ctx, c, seed)
	}
	return history.History{}, fmt.Errorf("shim: no program %q", name)
}

func (p *Program) run(ctx context.Context, c *Client, seed uint64) (history.History, error) {
	if _, err := c.Reset(ctx); err != nil {
		return history.History{}, err
	}
	r := &run{ctx: ctx, c: c, rand: rand.New(rand.NewPCG(seed, 0))}
	err := p.body(r)
	if c.failure() != nil {
		return history.History{}, err
	}
	// The end of the container's run is part of the history: nothing may happen
	// to a connection after it.
	if err == nil && !r.stopped {
		err = r.stop()
	}
	h, herr := c.History(ctx)
	if err == nil {
		err = herr
	}
	return h, err
}

// run is one execution of a program.
type run struct {
	ctx  context.Context
	c    *Client
	rand *rand.Rand
	item uint64 // the last job number given

	stopped bool
}

// stop stops the container and waits until run has returned.
func (r *run) stop() error {
	r.stopped = true
	if _, err := r.do(Command{Op: OpStop}); err != nil {
		return err
	}
	return r.await("the return of run", func(e *Event) bool {
		return e.Kind == "return" && e.Name == history.OpRun
	})
}

// between draws a number from min to max, both included.
func (r *run) between(min, max int) int { return min + r.rand.IntN(max-min+1) }

// items reserves n job numbers and returns the first.
func (r *run) items(n int) uint64 {
	first := r.item + 1
	r.item += uint64(n)
	return first
}

func (r *run) do(cmd Command) (Result, error) { return r.c.Do(r.ctx, cmd) }

func (r *run) await(what string, match func(*Event) bool) error {
	_, err := r.c.Await(r.ctx, what, match)
	return err
}

// together does the commands at once and returns the first error in their
// order.
func (r *run) together(cmds ...Command) ([]Result, error) {
	results := make([]Result, len(cmds))
	errs := make([]error, len(cmds))
	done := make(chan struct{})
	for i, cmd := range cmds {
		go func() {
			results[i], errs[i] = r.do(cmd)
			done <- struct{}{}
		}()
	}
	for range cmds {
		<-done
	}
	for _, err := range errs {
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

// pair is a connection of the shim to a listener of its own, with a sending link
// on it.
type pair struct {
	conn, queue, sender uint32
}

// pair runs the container and connects it to itself: the shim's own library is
// the peer, so the program needs no other.
func (r *run) pair(threads int) (pair, error) {
	if _, err := r.do(Command{Op: OpRun, Threads: threads}); err != nil {
		return pair{}, err
	}
	l, err := r.do(Command{Op: OpListen, Addr: "127.0.0.1:0"})
	if err != nil {
		return pair{}, err
	}
	c, err := r.do(Command{Op: OpConnect, Addr: l.Addr})
	if err != nil {
		return pair{}, err
	}
	if err := r.await("the first connection's on_connection_open", ended(history.OnConnectionOpen, c.Conn)); err != nil {
		return pair{}, err
	}
	s, err := r.do(Command{Op: OpOpenSender, Conn: c.Conn, Addr: "traffic", Item: r.items(1)})
	if err != nil {
		return pair{}, err
	}
	return pair{conn: c.Conn, queue: c.Queue, sender: s.Link}, nil
}

// traffic sends messages and arms callbacks so that callbacks run, some of them
// slowly, while the program goes on.
func (r *run) traffic(p pair, messages int) error {
	for _, on := range []string{history.OnMessage, history.OnTrackerAccept, history.OnConnectionWake} {
		slow := Command{
			Op: OpBehave, On: on, Do: DoBlock,
			Nth: r.between(1, 20), Times: r.between(1, 10), Micros: r.between(20, 1000),
		}
		if _, err := r.do(slow); err != nil {
			return err
		}
	}
	if messages == 0 {
		return nil
	}
	_, err := r.do(Command{
		Op: OpSend, Conn: p.conn, Link: p.sender, Item: r.items(1),
		N: messages, First: 1, Size: r.between(0, 200),
	})
	return err
}

// ended matches the exit of a callback of a connection.
func ended(name string, conn uint32) func(*Event) bool {
	return func(e *Event) bool { return e.Kind == "exit" && e.Name == name && e.Conn == conn }
}

// pause lets the shim work for a random time of at most d. It widens what can
// happen; nothing depends on it.
func (r *run) pause(d time.Duration) {
	t := time.NewTimer(time.Duration(r.rand.Int64N(int64(d))))
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.ctx.Done():
	}
}
