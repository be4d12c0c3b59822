package netsim

import "github.com/collider-amqp/collider/sim/history"

// HealCore heals the hosts of the given names, the core. Between them no fault acts
// any more, nor will one that is injected later, and those of them that are down
// restart. Everything else freezes: a fault in force elsewhere stays as it is for ever,
// hosts outside the core that are down stay down, and no fault that was planned begins
// any more. A program that needs only the core has no excuse from then on; see
// sim.World.Converge. Without names there is no core, and all freezes.
//
//go:norace
func (n *Network) HealCore(core ...string) {
	if n.w.Outside() {
		n.toObserver()
		n.toBoots()
		core = privateNames(core)
		n.w.Inside(func() { n.HealCore(core...) })
		return
	}
	n.frozen = true
	n.noteHeal(core)
	for _, name := range core {
		n.Host(name).core = true
	}
	for _, p := range n.plan {
		p.event.Stop()
		if !p.open {
			p.over = true
		}
	}
	for _, c := range n.pairs {
		c.ab.armed, c.ba.armed = c.ab.armed[:0], c.ba.armed[:0]
	}
	for _, a := range append([]*activation(nil), n.active...) {
		if !a.event.IsZero() {
			a.event.Stop()
		}
		if a.s != nil && a.s.p.inCore() {
			a.stop()
		}
	}
	for _, y := range n.ways {
		if n.healed(y) && y.blocked > 0 {
			y.blocked = 0
			y.resume()
		}
	}
	for _, h := range n.hosts {
		if h.core {
			h.restart()
		}
	}
	n.resume()
	n.retry(nil)
}

// resume lets go what predicates held back that look no more.
func (n *Network) resume() {
	for _, c := range n.pairs {
		if !c.over {
			c.ab.resume()
			c.ba.resume()
		}
	}
}

// noteHeal records in the history that hosts are healed, all if none is named.
func (n *Network) noteHeal(core []string) {
	text := "heal"
	for _, h := range core {
		text += " " + h
	}
	n.w.Recorder().Fault(history.Event{Name: "heal", Text: text})
}

// healed reports whether y leads from a host of the core to another.
func (n *Network) healed(y *way) bool {
	if !n.frozen {
		return false
	}
	from, to := n.host(y.from), n.host(y.to)
	return from != nil && to != nil && from.core && to.core
}

// inCore reports whether both ends are hosts of the core.
func (p *pair) inCore() bool { return p.a.host.core && p.b.host.core }

// resume lets the streams of a way go on that is open again.
func (y *way) resume() {
	for _, s := range append([]*stream(nil), y.streams...) {
		s.resume()
	}
}
