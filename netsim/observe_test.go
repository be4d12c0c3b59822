package netsim

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// script is an Observer that writes down what it is told.
type script struct{ lines []string }

func (s *script) Observe(e Event) {
	arrow := "->"
	if e.Back {
		arrow = "<-"
	}
	s.lines = append(s.lines, fmt.Sprintf("%v %v%s%v #%d %v %d %s", e.Time, e.Dialer, arrow, e.Acceptor, e.Conn, e.What, e.Offset, e.Bytes))
}

func TestObserverSeesEachStep(t *testing.T) {
	var seen script
	r := story(t, 1, func(w *sim.World) {
		o := Options{Path: Path{Latency: time.Second, ReceiveBuffer: 2, Reset: ResetKeeps}, Observer: &seen}
		x := connected(w, o)
		x.send(x.c, "abc")
		x.receive(x.s, "abc")
		x.must(x.s.CloseWrite(), "close write")
		x.readError(x.c)
		x.must(x.c.SetLinger(0), "linger")
		x.must(x.c.Close(), "close")
		x.readError(x.s)
		x.dialError(context.Background(), "broker:1")
	})
	if r.Failure != nil {
		t.Fatal(r.Failure)
	}
	want := []string{
		"0s client:49152->broker:5672 #1 dialed 0 ",
		"2s client:49152->broker:5672 #1 connected 0 ",
		"3s client:49152->broker:5672 #1 accepted 0 ",
		"3s client:49152->broker:5672 #1 sent 0 abc",
		"4s client:49152->broker:5672 #1 delivered 0 ab",
		"4s client:49152->broker:5672 #1 delivered 2 c",
		"5s client:49152<-broker:5672 #1 ended 0 ",
		"6s client:49152->broker:5672 #1 reset 3 ",
		"6s client:49153->broker:1 #2 dialed 0 ",
		"8s client:49153->broker:1 #2 refused 0 ",
	}
	if fmt.Sprint(seen.lines) != fmt.Sprint(want) {
		t.Errorf("saw")
		for _, l := range seen.lines {
			t.Log(l)
		}
	}
}

func TestEndIsObservedAfterTheBytes(t *testing.T) {
	var seen script
	r := story(t, 1, func(w *sim.World) {
		x := connected(w, Options{Path: Path{ReceiveBuffer: 2}, Observer: &seen})
		x.send(x.c, "abc")
		x.must(x.c.CloseWrite(), "close write")
		x.receive(x.s, "abc")
	})
	last := seen.lines[len(seen.lines)-2:]
	if r.Failure != nil || !strings.Contains(last[0], "delivered 2 c") || !strings.Contains(last[1], "ended 3") {
		t.Errorf("%v: %q", r.Failure, last)
	}
}

func TestWhatHasWords(t *testing.T) {
	for w := Dialed; w < whats; w++ {
		if w.String() == "" || w.String() == What(0).String() {
			t.Errorf("%d has no word", w)
		}
	}
	if Kind(0).String() != "kind(0)" {
		t.Error(Kind(0).String())
	}
}

// tap is a script that watches a run from outside.
type tap struct{ script }

func (*tap) Begin(*sim.World)                       {}
func (*tap) Chose(run []*sim.Thread, _ *sim.Thread) {}
func (*tap) Recorded(uint64, []sim.Frame)           {}

func TestTapObservesBesideTheOwnObserver(t *testing.T) {
	for _, own := range []Observer{nil, &script{}} {
		body := func(w *sim.World) {
			x := connected(w, Options{Observer: own})
			x.send(x.c, "abc")
			x.receive(x.s, "abc")
		}
		w := sim.NewWorld(sim.Options{})
		defer w.Close()
		s := &sim.Scenario{Name: t.Name(), Run: body}
		want := sim.Execute(w, s, sim.RunConfig{Seed: 1})
		if s, ok := own.(*script); ok {
			s.lines = nil
		}
		var seen tap
		got := sim.Execute(w, s, sim.RunConfig{Seed: 1, Tap: &seen})
		if got.Failure != nil || got.Digest != want.Digest {
			t.Errorf("tapped the run gave %v, digest %x, want %x", got.Failure, got.Digest, want.Digest)
		}
		if len(seen.lines) == 0 || !strings.HasSuffix(seen.lines[len(seen.lines)-1], "delivered 0 abc") {
			t.Errorf("the tap saw %q", seen.lines)
		}
		if s, ok := own.(*script); ok && fmt.Sprint(s.lines) != fmt.Sprint(seen.lines) {
			t.Errorf("the own observer saw %q, the tap %q", s.lines, seen.lines)
		}
	}
}
