package proxy

import (
	"syscall"
	"time"
	"unsafe"
)

// awaitSent waits until the receiver's system has acknowledged all that was written,
// or done is closed. From then on a reset leaves it readable there.
func (e *end) awaitSent(done <-chan struct{}) {
	for wait := 100 * time.Microsecond; e.unsent() > 0; wait = min(2*wait, 5*time.Millisecond) {
		select {
		case <-time.After(wait):
		case <-done:
			return
		}
	}
}

// unsent returns how many bytes the receiver's system has not acknowledged (tcp(7),
// SIOCOUTQ), 0 if the socket is closed.
func (e *end) unsent() int {
	var n int32
	var errno syscall.Errno
	err := e.raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&n)))
	})
	if err != nil || errno != 0 {
		return 0
	}
	return int(n)
}
