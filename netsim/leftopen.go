package netsim

// LeftOpen names the ends of connections, in the order of their dialling, that have
// been handed to a program and were not closed by it: "client->broker#2" for the
// dialling end of the second connection from client to broker, "client<-broker#2"
// for the accepted one. A program that has ended its work should have left none; an
// end that was reset need not be closed to be over, and is not named.
//
//go:norace
func (n *Network) LeftOpen() (names []string) {
	if n.w.Outside() {
		n.w.Inside(func() { names = n.LeftOpen() })
		return names
	}
	for _, p := range n.pairs {
		if p.stands && !p.a.closed && !p.a.dead {
			names = append(names, p.name)
		}
		if p.taken && !p.b.closed && !p.b.dead {
			names = append(names, p.nameBack)
		}
	}
	return names
}
