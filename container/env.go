package container

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// locker is the type of the Env's mutexes.
type locker = sync.Locker

// condition is a condition variable as Env.NewCond makes them.
type condition = interface {
	Wait()
	Signal()
	Broadcast()
}

// PanicObserver is an optional method of an Env: Panicked is called on the thread
// of a panic in user code, before the container stops because of it, while the
// panicking function is still on the stack. A simulator fails the run there, at
// the cause.
type PanicObserver interface{ Panicked(err error) }

// Env is the first of the container's two seams: everything the container needs
// of the machine that is not bytes. The production implementation stands on
// goroutines, package sync and package time; a simulator supplies its own and
// so decides every interleaving.
//
// All methods may be called from any thread. The method set uses only standard
// and anonymous types, so that an implementation need not import this package.
type Env interface {
	// Go runs f on a new thread. The name appears in reports; it need not be
	// unique.
	Go(name string, f func())

	// NewMutex returns an unlocked mutex.
	NewMutex(name string) sync.Locker

	// NewCond returns a condition variable on a mutex made by the same Env's
	// NewMutex. Its methods behave as those of sync.Cond; Signal and Broadcast
	// are called with the mutex held.
	NewCond(l sync.Locker) interface {
		Wait()
		Signal()
		Broadcast()
	}

	// Now returns the current time, with a monotonic part if there is one.
	Now() time.Time

	// AfterFunc runs f on a thread of its own once d has passed, as
	// time.AfterFunc does. Stop reports whether it kept f from running.
	AfterFunc(d time.Duration, f func()) interface{ Stop() bool }

	// Entropy returns a source of random numbers for the named purpose. Two
	// purposes have independent streams. A source is used by one thread at a
	// time.
	Entropy(purpose string) rand.Source

	// NewContext returns a context that cancel ends. The container hands it to
	// Transport.Dial.
	NewContext() (ctx context.Context, cancel context.CancelFunc)

	// OnDone runs f on a thread of its own when ctx ends, unless stop, which
	// reports whether it kept f from running, was called before. A context that
	// never ends is allowed everywhere; a simulator refuses, with an error that
	// says so, a context that is not its own.
	OnDone(ctx context.Context, f func()) (stop func() bool, err error)

	// Self identifies the calling thread by a comparable value. It is nil where
	// threads have no identity, as in production; then use of a connection's
	// objects on the wrong thread goes undetected as long as some callback of
	// that connection is in progress.
	Self() any

	// Point marks the place just before an atomic operation on a shared object.
	// It does nothing in production; a simulator may switch threads here.
	Point(op string, object any)
}
