package netsim

import (
	"encoding"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	_ encoding.TextMarshaler   = Fault{}
	_ encoding.TextUnmarshaler = (*Fault)(nil)
)

func TestFaultText(t *testing.T) {
	for _, c := range []struct {
		text string
		want Fault
	}{
		{"reset client1->broker#2 @byte 133",
			Fault{Kind: Reset, From: "client1", To: "broker", Conn: 2, At: Trigger{On: OnByte, Byte: 133}}},
		{"truncate c<-s @byte 0",
			Fault{Kind: Truncate, From: "c", To: "s", Back: true, At: Trigger{On: OnByte}}},
		{"half-close c->s#1 @when first-attach",
			Fault{Kind: HalfClose, From: "c", To: "s", Conn: 1, At: Trigger{On: OnPredicate, Predicate: "first-attach"}}},
		{"drop-end c->s",
			Fault{Kind: DropEnd, From: "c", To: "s"}},
		{"stall c<-s#1 @byte 40 for 2s",
			Fault{Kind: Stall, From: "c", To: "s", Conn: 1, Back: true, At: Trigger{On: OnByte, Byte: 40}, For: 2 * time.Second}},
		{"partition *->broker @time 1.5s for 1m0s",
			Fault{Kind: Partition, From: "*", To: "broker", At: Trigger{On: OnTime, Time: 1500 * time.Millisecond}, For: time.Minute}},
		{"delay a-b->c.d by 30ms @time 0s",
			Fault{Kind: Delay, From: "a-b", To: "c.d", By: 30 * time.Millisecond, At: Trigger{On: OnTime}}},
		{"refuse c->s#1",
			Fault{Kind: Refuse, From: "c", To: "s", Conn: 1}},
		{"black-hole c->s for 3s",
			Fault{Kind: BlackHole, From: "c", To: "s", For: 3 * time.Second}},
		{"crash s @time 2s for 1s",
			Fault{Kind: Crash, Host: "s", At: Trigger{On: OnTime, Time: 2 * time.Second}, For: time.Second}},
		{"crash s on c->s#2 @byte 40",
			Fault{Kind: Crash, Host: "s", From: "c", To: "s", Conn: 2, At: Trigger{On: OnByte, Byte: 40}}},
		{"crash c on *<-s @when transfer(channel=1)#3+5 for 10ms",
			Fault{Kind: Crash, Host: "c", From: "*", To: "s", Back: true, At: Trigger{On: OnPredicate, Predicate: "transfer(channel=1)#3+5"}, For: 10 * time.Millisecond}},
		{"slow-accept c->s#3 by 2s",
			Fault{Kind: SlowAccept, From: "c", To: "s", Conn: 3, By: 2 * time.Second}},
	} {
		got, err := ParseFault(c.text)
		if err != nil || got != c.want {
			t.Errorf("%s: parsed %+v, %v", c.text, got, err)
		}
		if text := c.want.String(); text != c.text {
			t.Errorf("%+v: written %q, want %q", c.want, text, c.text)
		}
		var u Fault
		if b, _ := c.want.MarshalText(); u.UnmarshalText(b) != nil || u != c.want {
			t.Errorf("%s: text methods gave %+v", c.text, u)
		}
	}
}

func TestFaultErrors(t *testing.T) {
	for text, reason := range map[string]string{
		"":                                  "no kind",
		"reset":                             "no hosts",
		"melt a->b":                         "unknown kind",
		"reset a-b @byte 1":                 "no arrow",
		"reset a->b#0 @byte 1":              "bad number of a connection",
		"reset a->b#x @byte 1":              "bad number of a connection",
		"reset a->b":                        "reset needs a trigger",
		"reset a->b @byte -1":               "bad argument of @byte",
		"reset a->b @byte":                  "no argument of @byte",
		"reset a->b @time 5":                "bad argument of @time",
		"reset a->b @time -5s":              "negative time",
		"reset a->b @byte 1 @time 2s":       "two triggers",
		"reset a->b @byte 1 for 2s":         "does not last",
		"stall a->b for 2s for 3s":          "bad duration",
		"stall a->b for -2s":                "bad duration",
		"stall a->b sometimes":              "unknown word",
		"stall a!->b":                       "bad host name",
		"stall a->":                         "bad host name",
		"stall a->b by 1s":                  "stall with a delay",
		"delay a->b":                        "delay with a delay of 0s",
		"refuse a->b @byte 1":               "before the first byte",
		"refuse a<-b":                       "no direction back",
		"partition a->b#1 @time 1s":         "a partition of one connection is a stall",
		"stall a->b @when x!y":              "bad name of a predicate",
		"half-close a->b @when":             "no argument of @when",
		"black-hole a->b @when open for 1s": "before the first byte",
		"crash @time 1s":                    "unknown word",
		"crash a":                           "crash needs a trigger",
		"crash a for 1s":                    "crash needs a trigger",
		"crash * @time 1s":                  "bad host name",
		"crash a @byte 1":                   "bad host name",
		"crash a on b->c @time 1s":          "no place in its bytes",
		"crash a on b->c on d->e @byte 1":   "unexpected word",
		"crash a by 1s @time 1s":            "crash with a delay",
		"stall a->b on b->c":                "unexpected word",
	} {
		f, err := ParseFault(text)
		var fe *FaultError
		if !errors.As(err, &fe) || !strings.Contains(fe.Reason, reason) || f != (Fault{}) {
			t.Errorf("%q: %+v, %v; want %q", text, f, err, reason)
		}
	}
	for _, f := range []Fault{
		{},
		{Kind: kinds, From: "a", To: "b"},
		{Kind: Stall, From: "a", To: "b", At: Trigger{On: 9}},
		{Kind: Stall, From: "a", To: "b", At: Trigger{Byte: 9}},
		{Kind: Stall, From: "a", To: "b", At: Trigger{On: OnTime, Predicate: "p"}},
		{Kind: Stall, From: "a", To: "b", Conn: -1},
		{Kind: Stall, From: "a", To: "b", At: Trigger{On: OnPredicate, Predicate: "p"}},
	} {
		if f.Validate("q") == nil {
			t.Errorf("%+v is valid", f)
		}
	}
}

// Whatever is valid keeps its value through its text.
func TestFaultTextRoundTrips(t *testing.T) {
	valid := 0
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.SampledFrom([]string{"*", "a", "client1", "x-y", "b.c_d"})
		span := rapid.SampledFrom([]time.Duration{0, 1, time.Millisecond, 90 * time.Minute})
		f := Fault{
			Kind: Kind(rapid.IntRange(1, int(kinds)-1).Draw(t, "kind")),
			From: host.Draw(t, "from"), To: host.Draw(t, "to"),
			Conn: rapid.IntRange(0, 3).Draw(t, "conn"),
			Back: rapid.Bool().Draw(t, "back"),
			By:   span.Draw(t, "by"), For: span.Draw(t, "for"),
		}
		switch f.At.On = On(rapid.IntRange(0, 3).Draw(t, "on")); f.At.On {
		case OnByte:
			f.At.Byte = rapid.Uint64Max(1<<62).Draw(t, "byte")
		case OnTime:
			f.At.Time = span.Draw(t, "time")
		case OnPredicate:
			f.At.Predicate = "p(a=1,b:2)#3+5"
		}
		if f.Kind == Crash {
			f.Host, f.By = "client1", 0
			if f.At.On == OnTime {
				f.From, f.To, f.Conn, f.Back = "", "", 0, false
			}
		}
		if f.Validate("p(a=1,b:2)#3+5") != nil {
			t.Skip("not valid")
		}
		valid++
		if g, err := ParseFault(f.String()); err != nil || g != f {
			t.Fatalf("%s: %+v, %v", f, g, err)
		}
	})
	if valid < 20 {
		t.Errorf("only %d valid faults were tried", valid)
	}
}

func FuzzParseFault(f *testing.F) {
	f.Add("reset client1->broker#2 @byte 133")
	f.Add("delay a<-b by 1s @when x for 2h")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ParseFault(text)
		if err != nil {
			return
		}
		if again, err := ParseFault(v.String()); err != nil || again != v {
			t.Errorf("%q: %+v, then %+v, %v", text, v, again, err)
		}
	})
}
