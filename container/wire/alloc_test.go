package wire_test

import (
	"fmt"
	"testing"

	"github.com/collider-amqp/collider/container/wire"
)

// wantAllocs checks the number of allocations of f in the steady state.
func wantAllocs(t *testing.T, name string, want float64, f func()) {
	t.Helper()
	f()
	if got := testing.AllocsPerRun(100, f); got != want {
		t.Errorf("%s: %v allocations, want %v", name, got, want)
	}
}

// TestFrameAllocs: the frames of the steady state cost no allocation, neither way.
func TestFrameAllocs(t *testing.T) {
	settled := benchDisposition()
	settled.State = nil
	released := benchDisposition()
	released.State = &wire.Released{}
	sessionFlow := benchFlow()
	sessionFlow.Handle, sessionFlow.DeliveryCount, sessionFlow.LinkCredit = wire.Optional[uint32]{}, wire.Optional[uint32]{}, wire.Optional[uint32]{}
	buf := make([]byte, 0, 4096)
	payload := make([]byte, 1000)
	var f wire.Frame
	for i, p := range []wire.Performative{
		nil, benchTransfer(), benchFlow(), sessionFlow, benchDisposition(), settled, released,
		&wire.Transfer{Handle: 1, More: true}, &wire.Transfer{State: &wire.Accepted{}, Settled: wire.Some(true)},
		&wire.Detach{Handle: 1}, &wire.End{}, &wire.Close{}, &wire.Begin{NextOutgoingID: 1},
	} {
		var b []byte
		wantAllocs(t, fmt.Sprintf("encode %d %T", i, p), 0, func() { b = wire.AppendFrame(buf, wire.FrameAMQP, 1, p, nil) })
		if _, ok := p.(*wire.Transfer); ok {
			wantAllocs(t, fmt.Sprintf("encode %d %T with payload", i, p), 0, func() { b = wire.AppendFrame(buf, wire.FrameAMQP, 1, p, payload) })
		}
		wantAllocs(t, fmt.Sprintf("decode %d %T", i, p), 0, func() {
			if n, err := f.Decode(b, wire.Limits{}); n != len(b) || err != nil {
				t.Fatal(n, err)
			}
		})
	}
}

// TestMessageAllocs: a message costs no allocation to encode, and none to decode if it is like the one before; what
// differs costs two for a string (its octets and its place in an interface), one for a number.
func TestMessageAllocs(t *testing.T) {
	buf := make([]byte, 0, 4096)
	for _, n := range []int{-1, 10} {
		message := ours(n)
		var b []byte
		wantAllocs(t, fmt.Sprintf("encode %d properties", n), 0, func() { b, _ = message.Append(buf) })
		var m wire.Message
		wantAllocs(t, fmt.Sprintf("decode %d properties", n), 0, func() {
			if err := m.Decode(b, wire.Limits{}); err != nil {
				t.Fatal(err)
			}
		})
	}
	one, _ := ours(10).Append(nil)
	changed := ours(10)
	changed.SetProperty("property-03", "something else")
	changed.SetCorrelationID(uint64(7654321))
	two, _ := changed.Append(nil)
	var m wire.Message
	wantAllocs(t, "decode by turns", 2*(2+1), func() {
		for _, b := range [][]byte{one, two} {
			if err := m.Decode(b, wire.Limits{}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
