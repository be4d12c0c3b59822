package wire

import (
	"reflect"
	"testing"

	"github.com/collider-amqp/collider/container/wire/spec"
)

func TestMap(t *testing.T) {
	var m Map
	if v, ok := m.Get("a"); v != nil || ok {
		t.Error("a nil map has an entry")
	}
	m.Set("a", 1)
	m.Set(Symbol("a"), 2)
	m.Set(uint64(1), 3)
	m.Set(uint32(1), 4)
	m.Set([]byte{1}, 5)
	m.Set("a", 6)
	want := Map{{"a", 6}, {Symbol("a"), 2}, {uint64(1), 3}, {uint32(1), 4}, {[]byte{1}, 5}}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("%v, want %v", m, want)
	}
	for _, e := range want {
		if v, ok := m.Get(e.Key); !ok || v != e.Value {
			t.Errorf("Get(%#v) = %v, %v", e.Key, v, ok)
		}
	}
	if _, ok := m.Get(struct{}{}); ok {
		t.Error("a key without encoding is found")
	}
	if v, _ := m.Get(uint(1)); v != 3 {
		t.Errorf("uint is encoded as ulong, but Get(uint(1)) = %v", v)
	}
	if !m.Delete(Symbol("a")) || m.Delete(Symbol("a")) || len(m) != 4 || m[1].Key != uint64(1) {
		t.Errorf("after Delete: %v", m)
	}
}

func TestOptional(t *testing.T) {
	var o Optional[uint32]
	if o.Or(7) != 7 || Some[uint32](0).Or(7) != 0 {
		t.Error("Or gives the other value if and only if there is none")
	}
}

// TestCodes compares names and symbols of the codes with the table.
func TestCodes(t *testing.T) {
	for _, typ := range spec.Types {
		if typ.Code == 0 {
			continue
		}
		c := Code(typ.Code)
		if c.String() != typ.Name || string(c.Symbol()) != typ.Descriptor || codeOf(typ.Descriptor) != c {
			t.Errorf("%#x: %s, %s, %#x", typ.Code, c, c.Symbol(), uint64(codeOf(typ.Descriptor)))
		}
	}
	for _, c := range []Code{0, 1, 0x19, 0x79, 0x1_0000_0014} {
		if c.Symbol() != "" || c.name() != "" {
			t.Errorf("%v has a name", c)
		}
	}
	if got := Code(0x1_0000_0014).String(); got != "0x100000014" {
		t.Errorf("an unknown code is %q", got)
	}
	if TypeArray.String() != "array" || Type(99).String() != "unknown type" {
		t.Error("names of primitive types")
	}
}

// TestChoices checks the constants against the specification's words.
func TestChoices(t *testing.T) {
	for _, row := range []struct{ have, want string }{
		{RoleSender.String(), "sender"}, {RoleReceiver.String(), "receiver"}, {SenderSettleModeMixed.String(), "mixed"},
		{ReceiverSettleModeSecond.String(), "second"}, {TerminusDurabilityUnsettledState.String(), "unsettled-state"},
		{SASLCodeSysPerm.String(), "sys-perm"}, {SASLCode(9).String(), "sasl-code(9)"}, {SenderSettleMode(3).String(), "sender-settle-mode(3)"},
		{string(TerminusExpiryPolicySessionEnd), "session-end"}, {string(ConditionDecodeError), "amqp:decode-error"},
		{string(ConditionConnectionFramingError), "amqp:connection:framing-error"},
		{string(ConditionLinkRedirect), "amqp:link:redirect"}, {string(ConditionTransactionUnknownID), "amqp:transaction:unknown-id"},
		{string(TxnCapabilityMultiSsnsPerTxn), "amqp:multi-ssns-per-txn"}, {string(StdDistModeMove), "move"},
	} {
		if row.have != row.want {
			t.Errorf("%q, want %q", row.have, row.want)
		}
	}
}

// TestReset: Reset gives what an empty list decodes to, where the specification allows one.
func TestReset(t *testing.T) {
	for _, row := range goldenComposites() {
		b := RawValue{Format: FormatDescribed, Items: [][]byte{{FormatSmallUlong, byte(row.value.Descriptor())}, {FormatList0}}}
		decoded, err := decodeComposite(b.Append(nil), row.value)
		if err != nil {
			continue // a mandatory field
		}
		reset := reflect.New(reflect.TypeOf(row.value).Elem()).Interface().(Composite)
		reset.Reset()
		if !reflect.DeepEqual(decoded, reset) {
			t.Errorf("%s: Reset gives %+v, an empty list %+v", row.name, reset, decoded)
		}
	}
}

// TestErrorValue: an error composite is a Go error.
func TestErrorValue(t *testing.T) {
	var err error = &Error{Condition: ConditionNotFound}
	if err.Error() != "amqp:not-found" {
		t.Errorf("%q", err.Error())
	}
	err = &Error{Condition: ConditionNotFound, Description: "no node q"}
	if err.Error() != "amqp:not-found: no node q" {
		t.Errorf("%q", err.Error())
	}
}

func TestDecodeUnions(t *testing.T) {
	for _, row := range goldenComposites() {
		v, _, err := DecodeValue(octets(t, row.bytes), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		state, err := DecodeDeliveryState(v)
		if want, ok := row.value.(DeliveryState); ok != (err == nil) || ok && !reflect.DeepEqual(state, want) {
			t.Errorf("%s as delivery state: %v, %v", row.name, state, err)
		} else if !ok && state != nil {
			t.Errorf("%s is the delivery state %v", row.name, state)
		}
		policy, err := DecodeLifetimePolicy(v)
		if want, ok := row.value.(LifetimePolicy); ok != (err == nil) || ok && !reflect.DeepEqual(policy, want) {
			t.Errorf("%s as lifetime policy: %v, %v", row.name, policy, err)
		}
	}
	if state, err := DecodeDeliveryState(nil); state != nil || err != nil {
		t.Errorf("null is %v, %v", state, err)
	}
	if _, err := DecodeDeliveryState(struct{}{}); err == nil {
		t.Error("a value without encoding is a delivery state")
	}
	// A state kept as a value of attach.unsettled.
	a := build(func(a *Attach) {
		a.Name = "l"
		a.Unsettled = Map{{[]byte{1}, &Received{SectionNumber: 2}}, {[]byte{2}, nil}}
	})
	f := decodeFrame(t, AppendFrame(nil, FrameAMQP, 0, a, nil))
	v, _ := f.Attach.Unsettled.Get([]byte{1})
	if state, err := DecodeDeliveryState(v); err != nil || !reflect.DeepEqual(state, &Received{SectionNumber: 2}) {
		t.Errorf("unsettled state %v, %v", state, err)
	}
}
