package container

import (
	"bytes"
	"runtime"
	"strconv"
)

// threadKey identifies the calling thread for the check against nested Run. It
// is called once for each thread of a Run, so the price of parsing a goroutine's
// stack header, where the Env has no identities, does not matter.
func (c *Container) threadKey() any {
	if c.self != nil {
		return c.self()
	}
	var buf [64]byte
	header := buf[:runtime.Stack(buf[:], false)]
	header = bytes.TrimPrefix(header, []byte("goroutine "))
	digits, _, _ := bytes.Cut(header, []byte(" "))
	id, _ := strconv.ParseUint(string(digits), 10, 64)
	return id
}

// isWorker reports whether thread is inside Run.
func (c *Container) isWorker(thread any) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.workers[thread]
}

// enrol notes that thread is inside Run.
func (c *Container) enrol(thread any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers[thread] = true
}
