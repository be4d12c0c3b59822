package conformance

import (
	"context"
	"fmt"
	"net"
	"runtime/debug"
	"time"

	"github.com/collider-amqp/collider/conformance/peer"
)

// Run is one execution of a script. It belongs to the goroutine that runs the script.
type Run struct {
	ctx     context.Context
	target  *Target
	profile *Profile
	timeout time.Duration
	log     *peer.Log
	conns   []*peer.Conn
}

// stop is what Stop panics with.
type stop struct{ verdict Verdict }

// Stop ends the script with a verdict.
func (r *Run) Stop(v Verdict) { panic(stop{v}) }

// Profile returns what the target says of itself.
func (r *Run) Profile() Profile { return *r.profile }

// Timeout returns the longest wait for an answer.
func (r *Run) Timeout() time.Duration { return r.timeout }

// Dial opens a connection. It stops the script as INCONCLUSIVE if that fails.
func (r *Run) Dial() *peer.Conn {
	nc, err := dial(r.ctx, r.target, r.timeout)
	if err != nil {
		r.Stop(inconclusive("no connection: %v", err))
	}
	c := peer.New(nc, peer.Options{Log: r.log, Timeout: r.timeout})
	r.conns = append(r.conns, c)
	return c
}

// Layered opens a connection and passes the security layer that the target wants; the AMQP header is next. It stops
// the script as INCONCLUSIVE if that fails.
func (r *Run) Layered() *peer.Conn {
	c := r.Dial()
	r.need(r.target.layer(c, r.profile.SASL))
	return c
}

// Headers opens a connection and exchanges the AMQP header; open is next. It stops the script as INCONCLUSIVE if that
// fails.
func (r *Run) Headers() *peer.Conn {
	c := r.Dial()
	r.need(r.target.headers(c, r.profile.SASL))
	return c
}

// Opened opens a connection up to and including both opens. It stops the script as INCONCLUSIVE if that fails.
func (r *Run) Opened(overrides peer.Fields) *peer.Conn {
	c := r.Dial()
	r.need(r.target.open(c, r.profile.SASL, overrides))
	return c
}

// Begun opens a connection with a session on channel 0. It stops the script as INCONCLUSIVE if that fails.
func (r *Run) Begun(overrides peer.Fields) *peer.Conn {
	c := r.Opened(overrides)
	_, err := c.Begin(0, nil)
	r.need(err)
	return c
}

// need stops the script if one of the steps before its stimulus failed: the case is then not decided.
func (r *Run) need(err error) {
	if err != nil {
		r.Stop(inconclusive("the connection did not get as far as the case needs: %v", err))
	}
}

// PanicError reports that a script panicked: an error of the suite, never of the target.
type PanicError struct {
	// Case is the id of the case.
	Case string
	// Value is what it panicked with.
	Value any
	// Stack is the stack of the panic.
	Stack []byte
}

// Error names the case and the value, with the stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("the script of %s panicked: %v\n%s", e.Case, e.Value, e.Stack)
}

// script runs the case's script to its verdict.
func (r *Run) script(k *Case) (v Verdict, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case stop:
			v = p.verdict
		default:
			v = inconclusive("the script panicked: %v", p)
			err = &PanicError{Case: k.ID, Value: p, Stack: debug.Stack()}
		}
		v.Outcome = k.Rule.Level.worst(v.Outcome)
	}()
	return k.Run(r), nil
}

// finish ends all connections of the script and returns how the last one closed.
func (r *Run) finish() *peer.Closing {
	if len(r.conns) == 0 {
		return nil
	}
	last := len(r.conns) - 1
	for _, c := range r.conns[:last] {
		c.Abort()
	}
	closing := r.conns[last].Finish()
	return &closing
}

// dial opens a connection within the timeout.
func dial(ctx context.Context, target *Target, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return target.Dial(ctx)
}
