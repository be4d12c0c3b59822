package engine

import (
	"fmt"
	"testing"

	"github.com/collider-amqp/collider/container/wire"
)

// shuttle moves output between two engines without copies; for benchmarks.
func (p *pair) shuttle(from, to *end) {
	out := from.Output()
	if len(out) > 0 {
		to.Receive(p.now, out)
		from.Wrote(len(out))
	}
}

// BenchmarkTransfer moves messages from one engine to another, a batch for each turn: transfers one way, dispositions
// and credit the other. One operation is one message.
func BenchmarkTransfer(b *testing.B) {
	for _, settled := range []bool{true, false} {
		for _, size := range []int{100, 10000} {
			for _, batch := range []int{1, 100} {
				b.Run(fmt.Sprintf("settled=%v/size=%d/batch=%d", settled, size, batch), func(b *testing.B) {
					benchTransfer(b, settled, size, batch)
				})
			}
		}
	}
}

// TestSteadyStateAllocatesNothing moves messages until the buffers have their size, and from then on counts.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, settled := range []bool{true, false} {
		p, sender, receiver := openPair(t, 1000, Config{}, Config{})
		payload := make([]byte, 1000)
		accepted := &wire.Accepted{}
		round := func() {
			for range 10 {
				_, _ = sender.Send(nil, payload, settled)
			}
			p.shuttle(p.client, p.server)
			for ev, ok := p.server.NextEvent(); ok; ev, ok = p.server.NextEvent() {
				_ = ev.Delivery.Update(accepted)
				_ = ev.Delivery.Settle()
				_ = receiver.AddCredit(1)
			}
			p.shuttle(p.server, p.client)
			for ev, ok := p.client.NextEvent(); ok; ev, ok = p.client.NextEvent() {
				if ev.Type == DeliveryUpdated {
					_ = ev.Delivery.Settle()
				}
			}
		}
		for range 200 {
			round()
		}
		if n := testing.AllocsPerRun(200, round); n > 0 {
			t.Errorf("settled=%v: ten messages cost %v allocations", settled, n)
		}
	}
}

func benchTransfer(b *testing.B, settled bool, size, batch int) {
	p, sender, receiver := openPair(b, 1000, Config{}, Config{})
	payload := make([]byte, size)
	accepted := &wire.Accepted{}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; {
		n := min(batch, b.N-done)
		for range n {
			if _, err := sender.Send(nil, payload, settled); err != nil {
				b.Fatal(err)
			}
		}
		for got, acked := 0, 0; got < n || !settled && acked < n; {
			p.shuttle(p.client, p.server)
			for ev, ok := p.server.NextEvent(); ok; ev, ok = p.server.NextEvent() {
				if ev.Type == DeliveryReceived {
					got++
					_ = ev.Delivery.Update(accepted)
					_ = ev.Delivery.Settle()
					_ = receiver.AddCredit(1)
				}
			}
			p.shuttle(p.server, p.client)
			for ev, ok := p.client.NextEvent(); ok; ev, ok = p.client.NextEvent() {
				if ev.Type == DeliveryUpdated {
					acked++
					_ = ev.Delivery.Settle()
				}
			}
		}
		done += n
	}
}
