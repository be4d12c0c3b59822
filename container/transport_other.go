//go:build !unix

package container

import "net"

// withTryWrite returns nc as it is: without a non-blocking write the container
// uses a writer thread while output is pending.
func withTryWrite(nc net.Conn) net.Conn { return nc }
