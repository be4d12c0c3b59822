package engine

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// dumbCredit counts link credit (§2.6.7) with unbounded integers: no wrapping, no cleverness.
type dumbCredit struct {
	base              uint32 // what delivery-count 0 is on the wire
	sent              int64  // deliveries begun or given back by the sender, in its own order
	credit            int64
	receivedByRcv     int64 // deliveries that arrived, or counts that flows told of
	grantedByReceiver int64 // the highest count ever granted
}

// TestCreditAgainstPlainIntegers plays a sender and a receiver whose frames cross, and compares with plain integers.
func TestCreditAgainstPlainIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := serials.Draw(t, "initial-delivery-count")
		snd := sendCredit{initial: SerialNumber(base), count: SerialNumber(base)}
		rcv := receiveCredit{}
		rcv.onAttach(SerialNumber(base))
		model := dumbCredit{base: base}

		type flow struct{ count, credit int64 }
		var toSender []flow    // flows under way
		var toReceiver []int64 // deliveries (-1) and delivery-counts under way
		steps := rapid.SliceOfN(rapid.IntRange(0, 5), 1, 200).Draw(t, "steps")
		for _, step := range steps {
			switch step {
			case 0: // the receiver grants
				n := rapid.Uint32Range(0, 5).Draw(t, "credit")
				rcv.set(n)
				model.grantedByReceiver = max(model.grantedByReceiver, model.receivedByRcv+int64(n))
				toSender = append(toSender, flow{model.receivedByRcv, int64(n)})
			case 1: // a flow arrives at the sender
				if len(toSender) == 0 {
					continue
				}
				f := toSender[0]
				toSender = toSender[1:]
				snd.onFlow(SerialNumber(base).Add(uint32(f.count)), true, uint32(f.credit), false)
				model.credit = max(f.count+f.credit-model.sent, 0)
			case 2, 3: // the sender sends
				if int64(snd.credit) != model.credit {
					t.Fatalf("link-credit is %d, plain integers say %d", snd.credit, model.credit)
				}
				if model.credit == 0 {
					continue
				}
				snd.use()
				model.sent++
				model.credit--
				toReceiver = append(toReceiver, -1)
			case 4: // the sender gives credit back
				if n := int64(snd.giveBack()); n != model.credit {
					t.Fatalf("%d was given back, plain integers say %d", n, model.credit)
				}
				model.sent += model.credit
				model.credit = 0
				toReceiver = append(toReceiver, model.sent)
			case 5: // something arrives at the receiver
				if len(toReceiver) == 0 {
					continue
				}
				x := toReceiver[0]
				toReceiver = toReceiver[1:]
				if x < 0 {
					if !rcv.onDelivery() {
						t.Fatalf("a delivery that was covered by credit counts as a violation")
					}
					model.receivedByRcv++
				} else {
					rcv.onFlow(SerialNumber(base).Add(uint32(x)))
					model.receivedByRcv = max(model.receivedByRcv, x)
				}
			}
			model.check(t, &snd, &rcv)
		}
	})
}

func (m *dumbCredit) check(t *rapid.T, snd *sendCredit, rcv *receiveCredit) {
	base := SerialNumber(m.base)
	if want := base.Add(uint32(m.receivedByRcv)); rcv.count != want {
		t.Fatalf("the receiver's delivery-count is %d, plain integers say %d", rcv.count, want)
	}
	if want := base.Add(uint32(m.sent)); snd.count != want {
		t.Fatalf("the sender's delivery-count is %d, plain integers say %d", snd.count, want)
	}
	if got := int64(rcv.limit.Sub(rcv.count)); got > m.grantedByReceiver-m.receivedByRcv && got != int64(rcv.credit) {
		t.Fatalf("the receiver would take %d more, it granted %d", got, m.grantedByReceiver-m.receivedByRcv)
	}
}

func TestSendCreditOnFlow(t *testing.T) {
	for _, tt := range []struct {
		story  string
		sent   uint32 // deliveries sent so far
		count  uint32 // flow.delivery-count
		known  bool
		credit uint32 // flow.link-credit
		want   uint32
	}{
		{"a first grant", 0, 0, true, 10, 10},
		{"the same grant again adds nothing (§2.6.7)", 0, 0, true, 10, 10},
		{"a grant that crossed three deliveries", 3, 0, true, 10, 7},
		{"a grant without delivery-count counts from the initial one", 3, 0, false, 10, 7},
		{"a grant below what is in flight stops the sender", 10, 0, true, 2, 0},
		{"a grant of nothing", 3, 3, true, 0, 0},
		{"the largest grant", 0, 0, true, math.MaxUint32, maxCredit},
		{"a delivery-count ahead of the sender's gives no more than the credit", 0, 5, true, 10, 10},
	} {
		s := sendCredit{initial: 4294967290, count: SerialNumber(4294967290).Add(tt.sent)}
		s.onFlow(SerialNumber(4294967290).Add(tt.count), tt.known, tt.credit, false)
		if s.credit != tt.want {
			t.Errorf("%s: link-credit is %d, want %d", tt.story, s.credit, tt.want)
		}
	}
}

func TestReceiveCreditBeforeTheSendersAttach(t *testing.T) {
	var r receiveCredit
	r.add(3)
	r.add(2)
	r.onAttach(4294967294)
	for i := range 5 {
		if !r.onDelivery() {
			t.Fatalf("delivery %d of 5 is refused", i)
		}
	}
	if r.onDelivery() {
		t.Fatal("a sixth delivery is accepted on a credit of 5")
	}
	if r.count != 3 {
		t.Fatalf("delivery-count is %d after five deliveries from 2^32-2, want 3", r.count)
	}
}

func TestReceiveCreditDrain(t *testing.T) {
	r := receiveCredit{}
	r.onAttach(0)
	r.add(10)
	r.drain = true
	r.add(5)
	if r.drained() {
		t.Fatal("the drain ends with credit left")
	}
	if r.credit != 10 || r.waiting != 5 {
		t.Fatalf("credit granted during a drain must wait: credit %d, waiting %d", r.credit, r.waiting)
	}
	r.onFlow(10)
	if !r.drained() || r.drained() {
		t.Fatal("the drain must end exactly once when the credit is given back")
	}
	if r.credit != 5 || r.waiting != 0 {
		t.Fatalf("after the drain: credit %d, waiting %d, want 5 and 0", r.credit, r.waiting)
	}
}

func TestReceiveCreditSaturates(t *testing.T) {
	r := receiveCredit{}
	r.onAttach(0)
	r.add(maxCredit)
	r.add(maxCredit)
	if r.credit != maxCredit || r.limit != maxCredit {
		t.Fatalf("credit %d, limit %d", r.credit, r.limit)
	}
}

// A sender that uses up more credit than it has must not gain any.
func TestReceiveCreditAheadOfTheGrant(t *testing.T) {
	r := receiveCredit{}
	r.onAttach(0)
	r.add(3)
	r.onFlow(10)
	if r.credit != 0 || r.onDelivery() {
		t.Fatal("a delivery is accepted without credit")
	}
	r.onFlow(5)
	if r.count != 10 {
		t.Fatal("the delivery-count runs backwards")
	}
	r.add(1)
	if !r.onDelivery() || r.onDelivery() {
		t.Fatal("one delivery must be accepted on a credit of one")
	}
}
