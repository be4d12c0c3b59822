package wire_test

import (
	"bytes"
	"fmt"
	"testing"

	amqp "github.com/Azure/go-amqp"

	"github.com/collider-amqp/collider/container/wire"
)

// The benchmarks come in pairs, this package and go-amqp on the same message in the same run; the ratio is what counts.

var benchBody = bytes.Repeat([]byte{'x'}, 100)

// ours and theirs return the same message with n application properties; n < 0 means the bare body.
func ours(n int) *wire.Message {
	m := wire.NewDataMessage(benchBody)
	if n < 0 {
		return m
	}
	m.SetDurable(true)
	m.SetID("message-0001")
	m.SetTo("queue/one")
	m.SetSubject("subject")
	m.SetCorrelationID(uint64(1234567))
	m.SetContentType("text/plain")
	for i := range n {
		m.SetProperty(fmt.Sprintf("property-%02d", i), fmt.Sprintf("value-%d", i))
	}
	return m
}

func theirs(n int) *amqp.Message {
	m := amqp.NewMessage(benchBody)
	if n < 0 {
		return m
	}
	to, subject, contentType := "queue/one", "subject", "text/plain"
	m.Header = &amqp.MessageHeader{Durable: true, Priority: 4}
	m.Properties = &amqp.MessageProperties{
		MessageID: "message-0001", To: &to, Subject: &subject, CorrelationID: uint64(1234567), ContentType: &contentType,
	}
	m.ApplicationProperties = map[string]any{}
	for i := range n {
		m.ApplicationProperties[fmt.Sprintf("property-%02d", i)] = fmt.Sprintf("value-%d", i)
	}
	return m
}

var benchMessages = []struct {
	name       string
	properties int
}{{"100B", -1}, {"10props", 10}}

func BenchmarkMessageEncode(b *testing.B) {
	for _, row := range benchMessages {
		b.Run(row.name+"/wire", func(b *testing.B) {
			m, buf := ours(row.properties), make([]byte, 0, 4096)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Append(buf); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(row.name+"/go-amqp", func(b *testing.B) {
			m := theirs(row.properties)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.MarshalBinary(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMessageDecode(b *testing.B) {
	for _, row := range benchMessages {
		encoded, err := ours(row.properties).Append(nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(row.name+"/wire", func(b *testing.B) {
			var m wire.Message
			b.ReportAllocs()
			for b.Loop() {
				if err := m.Decode(encoded, wire.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(row.name+"/wire-fresh", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var m wire.Message
				if err := m.Decode(encoded, wire.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(row.name+"/go-amqp", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var m amqp.Message
				if err := m.UnmarshalBinary(encoded); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFrame(b *testing.B) {
	for _, row := range []struct {
		name string
		p    wire.Performative
	}{
		{"transfer", benchTransfer()}, {"flow", benchFlow()}, {"disposition", benchDisposition()},
	} {
		frame := wire.AppendFrame(nil, wire.FrameAMQP, 1, row.p, nil)
		b.Run(row.name+"/encode", func(b *testing.B) {
			buf := make([]byte, 0, 4096)
			b.ReportAllocs()
			for b.Loop() {
				wire.AppendFrame(buf, wire.FrameAMQP, 1, row.p, nil)
			}
		})
		b.Run(row.name+"/decode", func(b *testing.B) {
			var f wire.Frame
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.Decode(frame, wire.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchTransfer() *wire.Transfer {
	return &wire.Transfer{
		Handle: 1, DeliveryID: wire.Some[uint32](70000), DeliveryTag: []byte{0, 0, 0, 1},
		MessageFormat: wire.Some(wire.MessageFormat), Settled: wire.Some(false),
	}
}

func benchFlow() *wire.Flow {
	return &wire.Flow{
		NextIncomingID: wire.Some[uint32](70000), IncomingWindow: 2048, NextOutgoingID: 70000, OutgoingWindow: 2048,
		Handle: wire.Some[uint32](1), DeliveryCount: wire.Some[uint32](70000), LinkCredit: wire.Some[uint32](1000),
	}
}

func benchDisposition() *wire.Disposition {
	return &wire.Disposition{
		Role: wire.RoleReceiver, First: 70000, Last: wire.Some[uint32](70010), Settled: true, State: &wire.Accepted{},
	}
}
