package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/wire"
	"pgregory.net/rapid"
)

// step is one call of a random script: what, on which end, with two numbers that mean what the call makes of them.
type step struct {
	What string
	End  int
	A, B int
}

var stepNames = []string{
	"send", "send", "send", "presettled", "stream", "stream", "write", "complete", "abort", "credit", "credit", "setcredit", "drain",
	"drained", "accept", "accept", "accept", "update", "settle", "consume", "deliver", "deliver", "deliver", "deliver", "echo", "detach", "attach", "time",
}

var scripts = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
	return step{
		What: rapid.SampledFrom(stepNames).Draw(t, "what"),
		End:  rapid.IntRange(0, 1).Draw(t, "end"),
		A:    rapid.IntRange(0, 1<<20).Draw(t, "a"),
		B:    rapid.IntRange(0, 1<<20).Draw(t, "b"),
	}
}), 1, 120)

// player runs a script on two engines. Octets travel only when a step says so; what is under way is kept here.
type player struct {
	*pair
	ends    [2]*end
	audit   [2]*auditor
	flight  [2][]byte // output of each end that the other has not been given
	links   [2][]*Link
	held    [2][]Delivery
	open    [2]map[*Link]Delivery // deliveries that are being streamed
	nextMsg map[string]int        // the next message of a link
	arrived map[string]int        // the next message that must arrive on a link
	wrong   []string
	wire    bytes.Buffer // everything that was sent, in order
}

func newPlayer(t testing.TB, split splitter) *player {
	client := Config{MaxFrameSize: 512, IncomingWindow: 5, OutputHighWater: 700, IdleTimeOut: time.Hour}
	server := Config{MaxFrameSize: 700, IncomingWindow: 9, IncomingBytes: 3000, OutputHighWater: 2000}
	p := &player{pair: newPair(t, client, server), nextMsg: map[string]int{}, arrived: map[string]int{}}
	p.split = split
	p.ends = [2]*end{p.client, p.server}
	p.audit = [2]*auditor{newAuditor("client", 700), newAuditor("server", 512)}
	p.open = [2]map[*Link]Delivery{{}, {}}
	for i, e := range p.ends {
		e.handler = func(e *end, ev Event) { p.handle(i, e, ev) }
	}
	p.client.must(p.client.Open())
	s := p.client.NewSession()
	p.client.must(s.Begin(BeginOptions{}))
	for i := range 4 {
		p.attach(i)
	}
	p.settleDown()
	return p
}

// attach makes the client attach link i, a sender if i is even.
func (p *player) attach(i int) {
	for s := range p.client.Sessions() {
		name := fmt.Sprintf("link-%d-%d", i, len(p.links[0]))
		l := s.NewReceiver(name)
		if i%2 == 0 {
			l = s.NewSender(name)
		}
		p.client.must(l.Attach(termini))
		p.links[0] = append(p.links[0], l)
	}
}

func (p *player) handle(i int, e *end, ev Event) {
	autoOpen(e, ev)
	switch ev.Type {
	case LinkRemoteAttach:
		if i == 1 {
			p.links[1] = append(p.links[1], ev.Link)
		}
	case DeliveryReceived:
		p.checkMessage(ev.Link.Name(), ev.Delivery.Payload())
		p.held[i] = append(p.held[i], ev.Delivery)
	case DeliveryAborted:
		e.must(ev.Delivery.Settle())
	case DeliveryUpdated:
		if ev.Delivery.RemoteSettled() {
			p.drop(i, ev.Delivery)
			e.must(ev.Delivery.Settle())
		}
	case ConnectionFault, SessionFault, LinkFault, TransportError:
		p.wrong = append(p.wrong, fmt.Sprintf("%s: %s: %v", e.name, describe(ev), e.Err()))
	}
}

// checkMessage checks that messages of a link arrive once, whole and in order. A message tells its number and size.
func (p *player) checkMessage(link string, b []byte) {
	var number, size int
	_, err := fmt.Sscanf(string(b), "%d/%d.", &number, &size)
	if err != nil || number != p.arrived[link] || !bytes.Equal(b, message(number, size)) {
		p.wrong = append(p.wrong, fmt.Sprintf("%s: message %d is not what was sent: %q", link, p.arrived[link], b[:min(len(b), 16)]))
	}
	p.arrived[link]++
}

// message is a message of size octets, or as many more as it takes to tell its number and size.
func message(number, size int) []byte {
	b := fmt.Appendf(nil, "%d/%d.", number, size)
	for len(b) < size {
		b = append(b, byte(number+len(b)))
	}
	return b
}

func (p *player) drop(i int, d Delivery) {
	for j, h := range p.held[i] {
		if h == d {
			p.held[i] = append(p.held[i][:j], p.held[i][j+1:]...)
			return
		}
	}
}

// pick returns one of the end's links with this role, or nil.
func (p *player) pick(i, n int, role wire.Role) *Link {
	var ls []*Link
	for _, l := range p.links[i] {
		if l.Role() == role && l.LocalState() == Active && l.RemoteState() == Active {
			ls = append(ls, l)
		}
	}
	if len(ls) == 0 {
		return nil
	}
	return ls[n%len(ls)]
}

// do runs one step. Steps that make no sense at the moment do nothing.
func (p *player) do(s step) {
	e, i := p.ends[s.End], s.End
	out, in := p.pick(i, s.A, wire.RoleSender), p.pick(i, s.A, wire.RoleReceiver)
	switch s.What {
	case "send", "presettled", "stream", "write", "complete", "abort", "drained":
		if out != nil {
			p.doSend(i, out, s)
		}
	case "credit", "setcredit", "drain":
		if in != nil {
			p.doCredit(in, s)
		}
	case "accept", "update", "settle", "consume":
		if len(p.held[i]) > 0 {
			p.doHeld(i, s)
		}
	case "deliver":
		p.fetch(i)
		n := min(len(p.flight[i]), 1+s.A%3000)
		p.deliver(i, n)
	case "echo":
		if l := p.pick(i, s.A, wire.Role(s.B%2 == 0)); l != nil {
			l.wantFlow()
		}
	case "detach":
		if l := p.pick(i, s.A, wire.Role(s.B%2 == 0)); l != nil && s.B%5 == 0 {
			e.must(l.Detach(true, nil))
		}
	case "attach":
		if len(p.links[0]) < 12 {
			p.attach(s.A % 2)
		}
	case "time":
		p.now = p.now.Add(time.Duration(s.A) * time.Microsecond)
		e.Advance(p.now)
	}
}

func (p *player) doSend(i int, l *Link, s step) {
	e, size := p.ends[i], s.B%2500
	d, streaming := p.open[i][l]
	if streaming && !d.Valid() {
		delete(p.open[i], l)
		streaming = false
	}
	switch s.What {
	case "send", "presettled":
		if !streaming {
			_, err := l.Send(nil, message(p.nextMsg[l.Name()], size), s.What == "presettled")
			e.must(err)
			p.nextMsg[l.Name()]++
		}
	case "stream":
		if !streaming {
			d, err := l.NewDelivery(DeliveryOptions{Settled: s.B%3 == 0})
			e.must(err)
			e.must(d.Write(message(p.nextMsg[l.Name()], size)))
			p.open[i][l] = d
		}
	case "complete":
		if streaming {
			e.must(d.Complete())
			p.nextMsg[l.Name()]++
			delete(p.open[i], l)
		}
	case "abort":
		if streaming {
			e.must(d.Abort())
			delete(p.open[i], l)
		}
	case "drained":
		l.Drained()
	}
}

func (p *player) doCredit(l *Link, s step) {
	switch s.What {
	case "credit":
		_ = l.AddCredit(s.B % 6)
	case "setcredit":
		_ = l.SetCredit(s.B % 6)
	case "drain":
		_ = l.Drain()
	}
}

func (p *player) doHeld(i int, s step) {
	j := s.A % len(p.held[i])
	e, d := p.ends[i], p.held[i][j]
	switch s.What {
	case "accept":
		_ = d.Update(&wire.Accepted{})
		p.drop(i, d)
		e.must(d.Settle())
	case "update":
		_ = d.Update([]wire.DeliveryState{&wire.Accepted{}, &wire.Released{}, &wire.Rejected{}, &wire.Received{}}[s.B%4])
	case "settle":
		p.drop(i, d)
		e.must(d.Settle())
	case "consume":
		d.Consume(s.B % 1000)
	}
}

// fetch takes all output of an end.
func (p *player) fetch(i int) {
	for {
		b := p.ends[i].Output()
		if n := p.ends[i].Pending(); n != len(b) {
			p.wrong = append(p.wrong, fmt.Sprintf("%s: a second flush finds %d octets more", p.ends[i].name, n-len(b)))
		}
		if len(b) == 0 {
			return
		}
		p.audit[i].onSent(b)
		fmt.Fprintf(&p.wire, "%s %x\n", p.ends[i].name, b)
		p.flight[i] = append(p.flight[i], b...)
		p.ends[i].Wrote(len(b))
	}
}

// deliver gives n octets of an end's output to the other one, in segments. The other's output so far is taken before,
// so that what it sends later is judged by what it knows.
func (p *player) deliver(i, n int) {
	other := 1 - i
	p.fetch(other)
	b := p.flight[i][:n]
	p.audit[other].onGiven(b)
	for rest := b; len(rest) > 0; {
		k := p.split(len(rest))
		p.ends[other].Receive(p.now, rest[:k])
		rest = rest[k:]
	}
	p.flight[i] = append([]byte(nil), p.flight[i][n:]...)
	p.ends[other].drainEvents()
}

// settleDown delivers until nothing moves.
func (p *player) settleDown() {
	for moved := true; moved; {
		moved = false
		for i := range p.ends {
			p.fetch(i)
			if n := len(p.flight[i]); n > 0 {
				p.deliver(i, n)
				moved = true
			}
		}
	}
}

// play runs a whole script, then lets everything arrive and checks that nothing is left. It returns all that happened.
func play(t testing.TB, script []step, split splitter) (log string, wrong []string) {
	p := newPlayer(t, split)
	for _, s := range script {
		p.do(s)
		for _, e := range p.ends {
			if err := checkInvariants(e.Connection); err != nil {
				p.wrong = append(p.wrong, fmt.Sprintf("%s after %+v: %v", e.name, s, err))
			}
		}
	}
	p.finishStreams()
	for range 400 {
		for i := range p.ends {
			for len(p.held[i]) > 0 {
				p.doHeld(i, step{What: "accept"})
			}
			for _, l := range p.links[i] {
				if l.Role() == wire.RoleReceiver && l.Credit() < 10 {
					_ = l.AddCredit(10)
				}
				l.Drained()
			}
		}
		p.settleDown()
	}
	p.checkEnd()
	for _, a := range p.audit {
		p.wrong = append(p.wrong, a.faults...)
	}
	return p.wire.String() + strings.Join(p.client.log, "\n") + "\n--\n" + strings.Join(p.server.log, "\n"), p.wrong
}

// finishStreams completes what is being streamed.
func (p *player) finishStreams() {
	for i := range p.ends {
		for _, l := range p.links[i] {
			if d, ok := p.open[i][l]; ok && d.Valid() && l.openForSending() {
				p.ends[i].must(d.Complete())
				p.nextMsg[l.Name()]++
			}
		}
	}
}

// checkEnd checks that what was sent on links that are still open has arrived and is settled.
func (p *player) checkEnd() {
	for i, e := range p.ends {
		for _, l := range p.links[i] {
			if l.Role() != wire.RoleSender || l.LocalState() != Active || l.RemoteState() != Active {
				continue
			}
			if sent, arrived := p.nextMsg[l.Name()], p.arrived[l.Name()]; sent != arrived || l.Queued() != 0 {
				p.wrong = append(p.wrong, fmt.Sprintf("%s: %d messages sent, %d arrived, %d queued", l.Name(), sent, arrived, l.Queued()))
			}
			for d := range l.Unsettled() {
				p.wrong = append(p.wrong, fmt.Sprintf("%s: delivery %x is not settled", l.Name(), d.Tag()))
			}
		}
		for s := range e.Sessions() {
			if s.receive.kept != 0 || s.receive.unread != 0 || s.receive.pending != 0 || s.outBytes != 0 {
				p.wrong = append(p.wrong, fmt.Sprintf("%s: %+v, %d octets out", e.name, s.receive, s.outBytes))
			}
		}
	}
}

// TestRandomCalls plays random scripts. Whatever honest callers do, no rule is broken, every message arrives once, whole
// and in order, the same calls give the same octets, and segmentation makes no difference.
func TestRandomCalls(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		script := scripts.Draw(rt, "script")
		seed := rapid.Uint64().Draw(rt, "segmentation")
		log, wrong := play(t, script, whole)
		if len(wrong) > 0 {
			rt.Fatalf("%s", strings.Join(wrong, "\n"))
		}
		for name, split := range map[string]splitter{
			"the same segments": whole, "single octets": oneOctet, "random segments": randomSplit(rand.New(rand.NewPCG(seed, 0))),
		} {
			again, wrong := play(t, script, split)
			if len(wrong) > 0 {
				rt.Fatalf("%s: %s", name, strings.Join(wrong, "\n"))
			}
			if again != log {
				rt.Fatalf("%s: another outcome: %s", name, firstDifference(log, again))
			}
		}
	})
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return fmt.Sprintf("line %d\n%s\n%s", i, as[i], bs[i])
		}
	}
	return fmt.Sprintf("%d lines against %d", len(as), len(bs))
}
