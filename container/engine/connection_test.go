package engine

import (
	"errors"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/container/wire"
)

// echoPair is a pair with a session and a link from client to server, and credit.
func openPair(t testing.TB, credit int, client, server Config) (p *pair, sender, receiver *Link) {
	p = newPair(t, client, server)
	p.client.handler = autoOpen
	p.server.handler = func(e *end, ev Event) {
		autoOpen(e, ev)
		if ev.Type == LinkRemoteAttach {
			receiver = ev.Link
			e.must(receiver.AddCredit(credit))
		}
	}
	p.client.must(p.client.Open())
	s := p.client.NewSession()
	p.client.must(s.Begin(BeginOptions{}))
	sender = s.NewSender("l")
	p.client.must(sender.Attach(termini))
	p.pump()
	if receiver == nil || sender.RemoteState() != Active || sender.Credit() != credit {
		t.Fatalf("the link is not open: client %v, server %v", p.client.log, p.server.log)
	}
	return p, sender, receiver
}

func TestTwoEnginesExchangeAMessage(t *testing.T) {
	for name, split := range map[string]splitter{"whole": whole, "octets": oneOctet} {
		t.Run(name, func(t *testing.T) {
			p, sender, _ := openPair(t, 10, Config{}, Config{})
			p.split = split
			var got string
			open := p.server.handler
			p.server.handler = func(e *end, ev Event) {
				open(e, ev)
				if ev.Type == DeliveryReceived {
					got += string(ev.Delivery.Payload())
					e.must(ev.Delivery.Update(&wire.Accepted{}))
					e.must(ev.Delivery.Settle())
				}
			}
			d, err := sender.Send(nil, []byte("hello"), false)
			if err != nil {
				t.Fatal(err)
			}
			p.pump()
			if got != "hello" {
				t.Fatalf("the server received %q", got)
			}
			if _, ok := d.RemoteState().(*wire.Accepted); !ok || !d.RemoteSettled() {
				t.Fatalf("the client sees state %v settled %v", d.RemoteState(), d.RemoteSettled())
			}
			p.client.must(d.Settle())
			p.client.Close(nil)
			p.pump()
			if !p.client.Finished() || !p.server.Finished() || p.client.Err() != nil || p.server.Err() != nil {
				t.Fatalf("no good end: client %v %v, server %v %v", p.client.log, p.client.Err(), p.server.log, p.server.Err())
			}
		})
	}
}

var _ = errors.As
var _ = strings.Repeat
