package container

import (
	"errors"
	"fmt"
)

// ErrStopping is returned by Connect, Listen, OpenSender and OpenReceiver after
// Stop (RUN-14).
var ErrStopping = errors.New("container: container is stopping")

// ErrNestedRun is returned by Run when it is called from a callback of the same
// container (PAR-6).
var ErrNestedRun = errors.New("container: Run called from a callback of the same container")

// PanicError is what a panic in a callback or work function becomes: the
// container stops with it, every open connection gets its final callbacks, and
// each Run returns it (RUN-24, RUN-25).
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // stack of the panicking thread, as debug.Stack prints it
}

// Error implements error.
func (e *PanicError) Error() string {
	return fmt.Sprintf("container: panic in a callback: %v", e.Value)
}

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// MisuseError is the value of the panic that answers a use of the API against
// its threading rules.
type MisuseError struct {
	Rule   string // id of the broken rule, as OWN-1
	Op     string // the method that was called, as "Sender.Send"
	Detail string // what was wrong
}

// Error implements error.
func (e *MisuseError) Error() string {
	return fmt.Sprintf("container: %s: %s (%s)", e.Op, e.Detail, e.Rule)
}

// RuleID returns the id of the broken rule.
func (e *MisuseError) RuleID() string { return e.Rule }
