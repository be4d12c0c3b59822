package netsim

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
)

// The errors of a connection's operations, as package net words them. They are
// wrapped in a *net.OpError, which alone is allocated.
var (
	errReadReset  = os.NewSyscallError("read", syscall.ECONNRESET)
	errReadPipe   = os.NewSyscallError("read", syscall.EPIPE)
	errWriteReset = os.NewSyscallError("write", syscall.ECONNRESET)
	errWritePipe  = os.NewSyscallError("write", syscall.EPIPE)
	errShutdown   = os.NewSyscallError("shutdown", syscall.ENOTCONN)
	errRefused    = os.NewSyscallError("connect", syscall.ECONNREFUSED)
	errInUse      = os.NewSyscallError("bind", syscall.EADDRINUSE)
	errDialDown   = os.NewSyscallError("connect", syscall.ENETDOWN)
	errListenDown = os.NewSyscallError("bind", syscall.ENETDOWN)
	errNotLocal   = os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)
)

// timeoutError is what a Dial that its context's deadline ended fails with.
type timeoutError struct{}

func (timeoutError) Error() string        { return "i/o timeout" }
func (timeoutError) Timeout() bool        { return true }
func (timeoutError) Temporary() bool      { return true }
func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// canceledError is what a Dial whose context was cancelled fails with.
type canceledError struct{}

func (canceledError) Error() string        { return "operation was canceled" }
func (canceledError) Is(target error) bool { return target == context.Canceled }

// contextError returns package net's word for a context's error.
func contextError(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return canceledError{}
	case errors.Is(err, context.DeadlineExceeded):
		return timeoutError{}
	}
	return err
}

// dialError is the error of Host.Dial.
func dialError(network string, addr net.Addr, err error) error {
	return &net.OpError{Op: "dial", Net: network, Addr: addr, Err: err}
}

// listenError is the error of Host.Listen.
func listenError(network string, addr net.Addr, err error) error {
	return &net.OpError{Op: "listen", Net: network, Addr: addr, Err: err}
}
