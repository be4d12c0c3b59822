package engine

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestSendWindowOnFlow(t *testing.T) {
	const base = 4294967290 // so that every row wraps
	for _, tt := range []struct {
		story  string
		sent   uint32
		next   int32 // flow.next-incoming-id, relative to the first transfer
		known  bool
		window uint32
		want   uint32
		ok     bool
	}{
		{"nothing sent, nothing seen", 0, 0, true, 5, 5, true},
		{"a flow from before the begin was seen counts from the initial next-outgoing-id", 3, 0, false, 5, 2, true},
		{"all seen", 10, 10, true, 5, 5, true},
		{"four in flight", 10, 6, true, 5, 1, true},
		{"more in flight than the window: floor at zero", 10, 2, true, 5, 0, true},
		{"window revoked", 10, 10, true, 0, 0, true},
		{"the largest window", 10, 10, true, math.MaxUint32, math.MaxUint32, true},
		{"the largest window with transfers in flight", 10, 3, true, math.MaxUint32, math.MaxUint32 - 7, true},
		{"the peer has seen what was not sent", 3, 5, true, 5, 0, false},
	} {
		w := sendWindow{initial: base, next: SerialNumber(base).Add(tt.sent)}
		ok := w.onFlow(SerialNumber(base)+SerialNumber(tt.next), tt.known, tt.window)
		if ok != tt.ok || w.remote != tt.want {
			t.Errorf("%s: remote-incoming-window %d (%v), want %d (%v)", tt.story, w.remote, ok, tt.want, tt.ok)
		}
	}
}

// TestWindowsAgainstPlainIntegers plays a sending and a receiving session end whose frames cross. The sender must never
// exceed what the receiver has promised, and must get all of it.
func TestWindowsAgainstPlainIntegers(t *testing.T) {
	cfg := Config{IncomingWindow: 8}.withDefaults()
	rapid.Check(t, func(t *rapid.T) {
		base := SerialNumber(serials.Draw(t, "next-outgoing-id"))
		snd := sendWindow{initial: base, next: base}
		rcv := receiveWindow{next: base, known: true}
		type flow struct {
			next   SerialNumber
			window uint32
		}
		var toSender []flow
		inFlight := 0
		sent, promisedEnd, knownEnd := int64(0), int64(0), int64(0)
		received := int64(0)
		for _, step := range rapid.SliceOfN(rapid.IntRange(0, 3), 1, 200).Draw(t, "steps") {
			switch step {
			case 0:
				w := rcv.advertise(&cfg)
				toSender = append(toSender, flow{rcv.next, w})
				promisedEnd = received + int64(w)
			case 1:
				if len(toSender) > 0 {
					f := toSender[0]
					toSender = toSender[1:]
					if !snd.onFlow(f.next, true, f.window) {
						t.Fatal("an honest flow is taken for a violation")
					}
					knownEnd = max(knownEnd, sent+int64(snd.remote))
				}
			case 2:
				if snd.remote > 0 {
					snd.onSent()
					sent++
					inFlight++
				}
			case 3:
				if inFlight > 0 {
					inFlight--
					received++
					if !rcv.onTransfer() {
						t.Fatalf("transfer %d is taken for a violation; %d were promised", received, promisedEnd)
					}
				}
			}
			if sent+int64(snd.remote) > promisedEnd {
				t.Fatalf("the sender believes in %d transfers, %d were promised", sent+int64(snd.remote), promisedEnd)
			}
		}
	})
}

func TestReceiveWindowLimits(t *testing.T) {
	cfg := Config{IncomingWindow: 100, MaxFrameSize: 1000, IncomingBytes: 50000, MaxUnsettled: 30}.withDefaults()
	for _, tt := range []struct {
		story   string
		unread  int64
		pending int
		want    uint32
	}{
		{"unsettled deliveries limit first", 0, 0, 30},
		{"some deliveries are unsettled", 0, 20, 10},
		{"all places are taken", 0, 30, 0},
		{"more are taken than there are places", 0, 31, 0},
		{"payload that nobody reads", 40001, 0, 9},
		{"more payload than the limit", 60000, 0, 0},
	} {
		w := receiveWindow{unread: tt.unread, pending: tt.pending}
		if got := w.room(&cfg); got != tt.want {
			t.Errorf("%s: room for %d frames, want %d", tt.story, got, tt.want)
		}
	}
	w := receiveWindow{}
	w.advertise(&cfg)
	w.unread = 60000
	if got := w.advertise(&cfg); got != 30 {
		t.Errorf("a promise of 30 frames became %d", got)
	}
}
