package container

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"time"
)

// productionEnv is the Env of a real process. This file alone in the package
// may name go statements, package sync's types, and the clock; an import test
// keeps it so.
type productionEnv struct{}

// Production returns the Env that stands on goroutines and the wall clock. It is
// what a nil Options.Env means.
func Production() Env { return productionEnv{} }

func (productionEnv) Go(_ string, f func()) { go f() }

func (productionEnv) NewMutex(string) sync.Locker { return new(sync.Mutex) }

func (productionEnv) NewCond(l sync.Locker) interface {
	Wait()
	Signal()
	Broadcast()
} {
	return sync.NewCond(l)
}

func (productionEnv) Now() time.Time { return time.Now() }

func (productionEnv) AfterFunc(d time.Duration, f func()) interface{ Stop() bool } {
	return time.AfterFunc(d, f)
}

func (productionEnv) Entropy(string) rand.Source { return cryptoSource{} }

func (productionEnv) NewContext() (context.Context, context.CancelFunc) {
	return context.WithCancel(context.Background())
}

func (productionEnv) OnDone(ctx context.Context, f func()) (func() bool, error) {
	return context.AfterFunc(ctx, f), nil
}

func (productionEnv) Self() any { return nil }

func (productionEnv) Point(string, any) {}

// cryptoSource draws from the operating system. It is for identifiers and
// nonces, not for hot paths.
type cryptoSource struct{}

func (cryptoSource) Uint64() uint64 {
	var b [8]byte
	crand.Read(b[:]) // never fails: it ends the program instead
	return binary.LittleEndian.Uint64(b[:])
}
