package trigger

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/collider-amqp/collider/container/wire"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim"
)

// piece is a part of a stream with the names it fits.
type piece struct {
	b    []byte
	fits string
}

// stream is what a client might send.
func stream() (all []byte, starts []int, pieces []piece) {
	frame := func(fits string, channel uint16, p wire.Performative, payload []byte) {
		pieces = append(pieces, piece{wire.AppendFrame(nil, wire.FrameAMQP, channel, p, payload), fits})
	}
	pieces = append(pieces, piece{wire.HeaderAMQP.Append(nil), "header"})
	frame("open", 0, &wire.Open{ContainerID: "c"}, nil)
	frame("begin", 1, &wire.Begin{}, nil)
	frame("attach-1", 1, &wire.Attach{Name: strings.Repeat("n", 300), Handle: 1}, nil)
	frame("attach-0", 1, &wire.Attach{Name: "x", Handle: 0}, nil)
	pieces = append(pieces, piece{wire.AppendEmptyFrame(nil), "empty"})
	frame("flow", 1, &wire.Flow{Handle: wire.Some(uint32(1000))}, nil)
	frame("transfer-a", 1, &wire.Transfer{Handle: 1, DeliveryID: wire.Some(uint32(0))}, []byte("payload"))
	frame("transfer-b", 1, &wire.Transfer{Handle: 0, DeliveryID: wire.Some(uint32(300))}, make([]byte, 500))
	frame("transfer-c", 2, &wire.Transfer{Handle: 1, DeliveryID: wire.Some(uint32(1)), DeliveryTag: []byte("t")}, nil)
	frame("disposition", 1, &wire.Disposition{First: 0xffffffff, Last: wire.Some(uint32(2))}, nil)
	frame("detach", 1, &wire.Detach{Handle: 1}, nil)
	frame("close", 0, &wire.Close{}, nil)
	for _, p := range pieces {
		starts = append(starts, len(all))
		all = append(all, p.b...)
	}
	return all, starts, pieces
}

// feed shows the stream to a predicate in pieces whose sizes next gives, and holds
// back what it asks for. It returns the place, -1 if there is none.
func feed(t interface{ Fatalf(string, ...any) }, p netsim.Predicate, b []byte, next func(most int) int) int {
	held := 0 // up to the present place
	for at := 0; at < len(b); {
		n := next(len(b) - at)
		k := p(b[at : at+n])
		switch {
		case k == 0 && held > 0:
			return at - held
		case k >= 0:
			if k > n {
				t.Fatalf("place %d in %d bytes", k, n)
			}
			return at + k
		}
		if held = -1 - k; held > at+n {
			t.Fatalf("%d bytes are held of %d", held, at+n)
		}
		at += n
	}
	return -1
}

// TestPlaces compares each condition with the place that it has in a stream, whatever
// the pieces.
func TestPlaces(t *testing.T) {
	all, starts, pieces := stream()
	of := func(fits string) (start, end int) {
		for i, p := range pieces {
			if p.fits == fits {
				return starts[i], starts[i] + len(p.b)
			}
		}
		t.Fatalf("no frame %s", fits)
		return 0, 0
	}
	for name, fits := range map[string]string{
		"header": "header", "open": "open", "begin": "begin", "attach": "attach-1", "attach#2": "attach-0",
		"attach(handle=0)": "attach-0", "attach(handle=1)": "attach-1", "empty": "empty", "flow": "flow",
		"flow(handle=1000)": "flow", "flow(handle=999)": "", "transfer": "transfer-a", "transfer#3": "transfer-c",
		"transfer(handle=1)#2": "transfer-c", "transfer(channel=2)": "transfer-c", "transfer(delivery=300)": "transfer-b",
		"transfer(channel=1,handle=1,delivery=1)": "", "transfer(channel=1)#3": "", "frame": "open", "frame#2": "begin",
		"frame(channel=2)": "transfer-c", "disposition": "disposition", "disposition(delivery=0)": "disposition",
		"disposition(delivery=4294967295)": "disposition", "disposition(delivery=3)": "", "detach(handle=1)": "detach",
		"close": "close", "end": "", "sasl-init": "", "transfer#4": "",
	} {
		for _, form := range []string{"", "before-", "+1", "+5", "+9", "+40", "+9999"} {
			full := name + form
			start, end := -1, -1
			if fits != "" {
				start, end = of(fits)
			}
			want := end
			switch {
			case form == "before-":
				full, want = form+name, start
			case fits == "" || form == "":
			case form == "+9999":
			default:
				want = min(start+map[string]int{"+1": 1, "+5": 5, "+9": 9, "+40": 40}[form], end)
			}
			newPredicate, err := Parse(full)
			if err != nil {
				t.Fatal(err)
			}
			for _, size := range []int{1, 2, 3, 7, 8, 9, 31, 64, 1000, len(all)} {
				if got := feed(t, newPredicate(), all, func(most int) int { return min(size, most) }); got != want {
					t.Errorf("%s in pieces of %d: place %d, want %d", full, size, got, want)
				}
			}
			rapid.Check(t, func(t *rapid.T) {
				got := feed(t, newPredicate(), all, func(most int) int { return rapid.IntRange(1, min(most, 60)).Draw(t, "size") })
				if got != want {
					t.Fatalf("%s: place %d, want %d", full, got, want)
				}
			})
		}
	}
}

// TestGarbage never panics, never holds what it has not seen, and comes to an end.
func TestGarbage(t *testing.T) {
	good, _, _ := stream()
	names := []string{"before-transfer(handle=1)", "attach+3", "disposition(delivery=1)", "frame#4", "header#2"}
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "garbage")
		if rapid.Bool().Draw(t, "sized") { // frames of a sensible size around it
			b = append([]byte{0, 0, byte(rapid.IntRange(0, 3).Draw(t, "high")), byte(len(b)), 2, 0, 0, 1, 0, 0x53, 0x14, 0xc0}, b...)
		}
		b = append(b, good...)
		for _, name := range names {
			newPredicate, err := Parse(name)
			if err != nil {
				t.Fatalf("%v", err)
			}
			feed(t, newPredicate(), b, func(most int) int { return rapid.IntRange(1, min(most, 90)).Draw(t, "size") })
		}
	})
}

func TestParseErrors(t *testing.T) {
	for name, reason := range map[string]string{
		"":                        "unknown performative",
		"melt":                    "unknown performative",
		"transfer#0":              "no number from 1",
		"transfer#x":              "no number from 1",
		"transfer+0":              "no number of octets",
		"before-transfer+3":       "before and inside",
		"transfer(channel=1":      "no closing",
		"transfer(channel=x)":     "no number",
		"transfer(channel=70000)": "it has no channel=70000",
		"transfer()":              "no number",
		"open(handle=1)":          "it has no handle",
		"attach(delivery=1)":      "it has no delivery",
		"header(channel=1)":       "it has no channel",
		"empty(handle=1)":         "it has no handle",
	} {
		_, err := Parse(name)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Reason, reason) || e.Name != name {
			t.Errorf("%q: %v, want %q", name, err, reason)
		}
	}
}

// TestInTheNetwork lets faults strike where their names say.
func TestInTheNetwork(t *testing.T) {
	all, starts, _ := stream()
	for text, want := range map[string]int{
		"truncate client->broker @when before-close":         starts[len(starts)-1],
		"truncate client->broker#1 @when transfer#3+5":       starts[9] + 5,
		"truncate client->broker @when attach(handle=0)":     starts[5],
		"crash client on client->broker @when before-flow":   starts[6],
		"truncate client->broker @when transfer(delivery=9)": len(all),
	} {
		w := sim.NewWorld(sim.Options{})
		defer w.Close()
		run := func(w *sim.World) {
			net := netsim.New(w, netsim.Options{Predicate: Parse, Faults: []netsim.Fault{netsim.MustParseFault(text)}})
			l, _ := net.Host("broker").Listen("tcp", ":5672")
			net.Host("client").Go("client", func() {
				c, _ := net.Host("client").Dial(context.Background(), "tcp", "broker:5672")
				draw := w.Rand("pieces")
				for rest := all; len(rest) > 0; {
					n := 1 + draw.IntN(min(len(rest), 50))
					c.Write(rest[:n])
					rest = rest[n:]
				}
				c.Close()
			})
			c, _ := l.Accept()
			c.SetReadDeadline(w.Now().Add(1))
			got := 0
			for b := make([]byte, 64); ; {
				n, err := c.Read(b)
				if got += n; err == nil {
					continue
				}
				if got == want {
					return
				}
				if errors.Is(err, io.EOF) || strings.HasPrefix(text, "truncate") || got > want {
					w.Fail("place", "read %d bytes, want %d: %v", got, want, err)
				}
				c.SetReadDeadline(w.Now().Add(1))
			}
		}
		for seed := range uint64(30) {
			r := sim.Execute(w, &sim.Scenario{Name: "trigger", Run: run}, sim.RunConfig{Seed: seed, EarlyClock: -1})
			if r.Failure != nil {
				t.Fatalf("%s, seed %d: %v", text, seed, r.Failure)
			}
		}
	}
}
