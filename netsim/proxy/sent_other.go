//go:build !linux

package proxy

import "time"

// awaitSent waits for a time in which the receiver's system will have what was
// written, over loopback; it cannot be asked in one way everywhere.
func (e *end) awaitSent(done <-chan struct{}) {
	select {
	case <-time.After(100 * time.Millisecond):
	case <-done:
	}
}
