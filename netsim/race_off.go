//go:build !race

package netsim

// Edges of the race detector exist in race builds only (see race_on.go).

// edge stands for a happens-before edge from a program to the kernel.
type edge struct{}

func newEdge() (e edge) { return e }
func reach(edge)        {}

func (*Conn) lock()       {}
func (*Conn) unlock()     {}
func (*Listener) lock()   {}
func (*Listener) unlock() {}

func (*stream) sends()    {}
func (*stream) received() {}

func (*Host) toBoots()    {}
func (*Host) booting()    {}
func (*Network) toBoots() {}

func (*Network) toObserver() {}
func (*Network) observing()  {}

func hasRead([]byte)                       {}
func hasWritten([]byte)                    {}
func move(to, from []byte) int             { return copy(to, from) }
func privately(b []byte) []byte            { return b }
func privateNames(names []string) []string { return names }
