//go:build race

package netsim

import (
	"runtime"
	"unsafe"
)

// Threads of a World run one at a time without a happens-before edge that the
// race detector could see. An operation therefore takes the place of a lock: it
// acquires the connection (or, where connections are made, the network) at its
// start and releases it at its end. The edges are fewer than those of package
// syscall, where each read comes after every earlier write of the process.

// What says whether the network is shared may change while connections stand; it is
// read and written unseen by the detector.

//go:norace
func acquire(p *pair) {
	runtime.RaceAcquire(unsafe.Pointer(&p.a))
	if p.n.shared {
		acquireNet(p.n)
	}
}

//go:norace
func release(p *pair) {
	runtime.RaceReleaseMerge(unsafe.Pointer(&p.a))
	if p.n.shared {
		releaseNet(p.n)
	}
}

//go:norace
func (n *Network) share() { n.shared = true }

func acquireNet(n *Network) { runtime.RaceAcquire(unsafe.Pointer(n)) }
func releaseNet(n *Network) { runtime.RaceReleaseMerge(unsafe.Pointer(n)) }
