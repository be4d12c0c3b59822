package proxy

import (
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/collider-amqp/collider/netsim"
)

// Options of a Proxy. Listen and Upstream must be set.
type Options struct {
	// Listen is the TCP address to listen on, HOST:PORT; port 0 picks a free one.
	Listen string
	// Upstream is the TCP address, HOST:PORT, to which each accepted connection is
	// continued.
	Upstream string
	// Dialer and Acceptor are the names that the two sides of the proxy have in
	// faults and events: who connects to it, and what it connects to. Empty means
	// "client" and "server".
	Dialer, Acceptor string
	// Seed of what the proxy draws: jitter and splits.
	Seed uint64
	// There is the path of bytes from the dialer to the acceptor, Back that of the
	// other direction. Of a netsim.Path, latency, jitter, bandwidth, split and
	// SendBuffer count: the last, 1 GiB at most, bounds the bytes that the proxy holds. The
	// receive buffers and what becomes of unread bytes are the system's.
	There, Back netsim.Path
	// Faults is the plan.
	Faults []netsim.Fault
	// Predicates are the conditions that faults may name: for each name a function
	// that makes a new Predicate for one direction of one connection.
	Predicates map[string]func() netsim.Predicate
	// Predicate makes the conditions that Predicates has not, so that their names can
	// have arguments: it returns the function for a name, or an error that says what
	// is wrong with it.
	Predicate func(name string) (func() netsim.Predicate, error)
	// Observer is told what happens, as on a simulated network; times are since
	// Start. Nil means nobody. It is never called by two goroutines at once, and
	// must neither block nor call the Proxy.
	Observer netsim.Observer
	// Acted is told of each fault that acts, under the same terms: what blocks in it
	// stops the proxy.
	Acted func(Action)
	// Unreachable is told, under the same terms, of a connection, numbered from 1,
	// that could not be continued to Upstream; it is reset.
	Unreachable func(conn int, err error)
	// Conns is the largest number of connections at a time; more wait in the
	// system's backlog. Zero or less means 1024.
	Conns int

	_ struct{}
}

// Action is a fault that acts.
type Action struct {
	// Time since Start.
	Time time.Duration
	// Fault that acts.
	Fault netsim.Fault
	// Conn is the number of the connection on which it does, from 1, or 0 for a
	// partition that no connection has triggered.
	Conn int
	// Back is the direction in which it acts.
	Back bool
	// Offset is the number of bytes delivered in that direction before.
	Offset uint64
}

// Stats are counts since Start.
type Stats struct {
	// Conns were accepted; of these Refused were by a fault, Unreachable could not
	// be continued, and Open have not ended.
	Conns, Refused, Unreachable, Open int
	// Acted is the number of times that a fault has acted.
	Acted int
	// There and Back are the bytes delivered in each direction.
	There, Back uint64
}

// OptionError is a field of Options that cannot be.
type OptionError struct {
	Option string // name of the field
	Reason string // what is wrong and what to do
}

// Error implements error.
func (e *OptionError) Error() string { return fmt.Sprintf("proxy: %s: %s", e.Option, e.Reason) }

const (
	defaultBuffer = 64 << 10
	maxBuffer     = 1 << 30
	defaultConns  = 1024
)

// withDefaults returns the options with zero values replaced, and the address of
// the acceptor.
func (o Options) withDefaults() (Options, netsim.Addr, error) {
	if o.Dialer == "" {
		o.Dialer = "client"
	}
	if o.Acceptor == "" {
		o.Acceptor = "server"
	}
	if o.Conns <= 0 {
		o.Conns = defaultConns
	}
	o.There, o.Back = normal(o.There), normal(o.Back)
	addr := netsim.Addr{Host: o.Acceptor}
	probe := netsim.Fault{Kind: netsim.Stall, From: o.Dialer, To: o.Acceptor}
	if err := probe.Validate(); err != nil || o.Dialer == "*" || o.Acceptor == "*" || o.Dialer == o.Acceptor {
		return o, addr, &OptionError{"Dialer", fmt.Sprintf("the two sides cannot be named %q and %q: give different names of letters, digits, '.', '_' and inner '-'", o.Dialer, o.Acceptor)}
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return o, addr, &OptionError{"Listen", err.Error() + "; give HOST:PORT, port 0 for a free one"}
	}
	_, port, err := net.SplitHostPort(o.Upstream)
	if err == nil {
		addr.Port, err = net.LookupPort("tcp", port)
	}
	if err == nil && addr.Port == 0 {
		err = &net.AddrError{Err: "port 0 names nobody", Addr: o.Upstream}
	}
	if err != nil {
		return o, addr, &OptionError{"Upstream", err.Error() + "; give HOST:PORT"}
	}
	return o, addr, nil
}

// normal returns the path with each field that counts in its normal form.
func normal(p netsim.Path) netsim.Path {
	p.Latency, p.Jitter, p.Bandwidth = max(p.Latency, 0), max(p.Jitter, 0), max(p.Bandwidth, 0)
	if p.SendBuffer <= 0 {
		p.SendBuffer = defaultBuffer
	}
	p.SendBuffer = min(p.SendBuffer, maxBuffer)
	return p
}

// resolve says what is wrong with a fault: with itself, with its place, or with what
// sockets can do. It returns what makes the fault's predicate, if it has one.
func (o *Options) resolve(f *netsim.Fault) (look func() netsim.Predicate, err error) {
	bad := func(format string, args ...any) (func() netsim.Predicate, error) {
		return nil, &netsim.FaultError{Fault: f.String(), Reason: fmt.Sprintf(format, args...)}
	}
	var known []string
	if name := f.At.Predicate; f.At.On == netsim.OnPredicate {
		if look = o.Predicates[name]; look == nil && o.Predicate != nil {
			if look, err = o.Predicate(name); err != nil {
				return bad("%v", err)
			}
		}
		if look != nil {
			known = []string{name}
		}
	}
	if err := f.Validate(known...); err != nil {
		return nil, err
	}
	if !able(f.Kind) {
		return bad("a proxy cannot do a %v", f.Kind)
	}
	if !Concerns(f, o.Dialer, o.Acceptor) {
		return bad("it is not about %s, who dials, and %s", o.Dialer, o.Acceptor)
	}
	return look, nil
}

// able reports whether a proxy between sockets can do what the kind says.
func able(k netsim.Kind) bool {
	switch k {
	case netsim.Reset, netsim.Truncate, netsim.HalfClose, netsim.DropEnd, netsim.Stall, netsim.Partition,
		netsim.Delay, netsim.Refuse, netsim.BlackHole, netsim.SlowAccept:
		return true
	}
	return false
}

// Concerns reports whether a fault is about connections that one host dials to
// another, or, being a partition, about bytes between the two. A Proxy refuses
// faults that do not concern its two sides.
func Concerns(f *netsim.Fault, dialer, acceptor string) bool {
	if f.Kind == netsim.Partition && f.Conn == 0 && (f.At.On == netsim.OnStart || f.At.On == netsim.OnTime) {
		return f.Crosses(dialer, acceptor) || f.Crosses(acceptor, dialer)
	}
	return f.Concerns(dialer, acceptor, f.Conn)
}

// Kinds returns the kinds of faults that a proxy can do.
func Kinds() []netsim.Kind {
	return slices.DeleteFunc(netsim.Kinds(), func(k netsim.Kind) bool { return !able(k) })
}
