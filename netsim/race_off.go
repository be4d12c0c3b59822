//go:build !race

package netsim

// Edges of the race detector exist in race builds only.

func acquire(*pair) {}
func release(*pair) {}

func (n *Network) share() { n.shared = true }

func acquireNet(*Network) {}
func releaseNet(*Network) {}
