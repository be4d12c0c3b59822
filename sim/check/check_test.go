package check

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/collider-amqp/collider/sim/history"
	"pgregory.net/rapid"
)

func TestMalformedHistories(t *testing.T) {
	for name, h := range map[string]*history.History{
		"dropped":        {Dropped: 5},
		"seq":            {Events: []history.Event{{Seq: 2, Kind: history.Note}}, Threads: []string{"a"}},
		"thread":         {Events: []history.Event{{Seq: 1, Kind: history.Note, Thread: 1}}, Threads: []string{"a"}},
		"negative":       {Events: []history.Event{{Seq: 1, Kind: history.Note, Thread: -1}}, Threads: []string{"a"}},
		"number":         {Events: []history.Event{{Seq: 1, Kind: history.Note, Link: 1 << 31}}, Threads: []string{"a"}},
		"end of nothing": {Events: []history.Event{{Seq: 1, Kind: history.End, Of: 1}}, Threads: []string{"a"}},
		"end twice": {Events: []history.Event{
			{Seq: 1, Kind: history.Begin, Name: history.OnMessage}, {Seq: 2, Kind: history.End, Of: 1}, {Seq: 3, Kind: history.End, Of: 1},
		}, Threads: []string{"a"}},
		"end of a call": {Events: []history.Event{
			{Seq: 1, Kind: history.Call, Name: history.OpWake}, {Seq: 2, Kind: history.End, Of: 1},
		}, Threads: []string{"a"}},
		"end on another thread": {Events: []history.Event{
			{Seq: 1, Kind: history.Begin, Name: history.OnMessage}, {Seq: 2, Kind: history.End, Of: 1, Thread: 1},
		}, Threads: []string{"a", "b"}},
	} {
		if got := ids(New(Options{Partial: true}).Check(h)); got != "HISTORY" {
			t.Errorf("%s: broken rules %q", name, got)
		}
	}
}

func TestOptionsPanicOnUnknownRule(t *testing.T) {
	for _, f := range []func(){
		func() { New(Options{Skip: []string{"SER-99"}}) },
		func() { Standard(Options{Skip: []string{"ser-1"}}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("an unknown rule is skipped")
				}
			}()
			f()
		}()
	}
}

func TestRulesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] || r.ID == "" || r.Doc == "" || Doc(r.ID) != r.Doc {
			t.Errorf("rule %+v", r)
		}
		seen[r.ID] = true
	}
	if Doc("SER-99") != "" {
		t.Error("a rule that is none has a sentence")
	}
}

func TestAtMostFourPerRule(t *testing.T) {
	var b strings.Builder
	for range 10 {
		b.WriteString("w begin on_transport_open conn=1\n")
	}
	got := New(Options{Partial: true, Skip: []string{"ORD-1"}}).Check(story(t, b.String()))
	if ids(got) != "SER-1 SER-1 SER-1 SER-1" {
		t.Errorf("broken rules %q", ids(got))
	}
}

func TestStandardAndAll(t *testing.T) {
	h := story(t, in("transport_open transport_open"))
	mine := func(h *history.History) []Violation { return []Violation{{Rule: "MINE"}} }
	f := All(Standard(Options{}), mine)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if got := f(h); len(got) != 2 || got[0].Rule != "ORD-1" || got[1].Rule != "MINE" {
					t.Errorf("got %v", got)
					return
				}
			}
		})
	}
	wg.Wait()
}

// whole is a long good history: two containers' worth of everything.
func whole(t testing.TB) *history.History {
	var b strings.Builder
	line := func(lines ...string) {
		for _, l := range lines {
			b.WriteString(l + "\n")
		}
	}
	line("main call container.run container=1 count=3 #run",
		"main begin on_container_start container=1 #s", "main end s",
		"main begin on_open container=1 listener=1 #l", "main end l",
		"main begin on_accept container=1 listener=1 conn=1 #c", "main end c",
		"w1 begin on_transport_open container=1 conn=1 #o", "w1 end o",
		"w1 begin on_connection_open conn=1 #o", "w1 end o",
		"w1 begin on_session_open conn=1 session=1 #o", "w1 end o",
		"w1 begin on_sender_open conn=1 session=1 link=1 #o", "w1 end o",
		"u note credit link=2 count=100",
		"w1 begin on_receiver_open conn=1 session=1 link=2 #o", "w1 end o")
	for i := range 12 {
		n := "item=" + strconv.Itoa(i+1)
		line("u call work_queue.add conn=1 queue=1 "+n+" #a", "u return a ok",
			"u call work_queue.add queue=2 "+n+" #b",
			"w2 begin work conn=1 queue=1 "+n+" #x", "u return b ok",
			"w2 call sender.send conn=1 link=1 "+n+" #y", "w2 return y", "w2 note sent link=1 "+n,
			"main begin work queue=2 "+n+" #z", "w2 end x", "main end z",
			"u call wake conn=1 #k", "u return k",
			"w1 begin on_connection_wake conn=1 #m", "w1 end m",
			"w1 begin on_message conn=1 link=2 "+n+" #m", "w1 note received link=2 "+n, "w1 end m",
			"w2 begin on_tracker_accept conn=1 link=1 "+n+" #m", "w2 note accepted "+n, "w2 end m",
			"w2 begin on_tracker_settle conn=1 link=1 "+n+" #m", "w2 end m")
	}
	line("u call container.stop container=1 #k", "u return k",
		"w1 begin on_transport_close conn=1 #x", "w1 end x",
		"w1 begin on_close listener=1 #x", "w1 end x",
		"main begin on_container_stop container=1 #x", "main end x",
		"main return run ok", "u note finished")
	return story(t, b.String())
}

func TestWholeHistoryIsGood(t *testing.T) {
	h := whole(t)
	for _, o := range []Options{{}, {Strict: true}, {Partial: true}} {
		if got := New(o).Check(h); got != nil {
			t.Errorf("%+v: %v\n%s", o, got, text(h))
		}
	}
}

// A prefix of a good history is good as a partial one.
func TestPrefixesAreGood(t *testing.T) {
	h := whole(t)
	c := New(Options{Strict: true, Partial: true})
	for n := range h.Events {
		p := &history.History{Events: h.Events[:n], Threads: h.Threads}
		if got := c.Check(p); got != nil {
			t.Fatalf("prefix of %d events: %v", n, got)
		}
	}
}

// Damaged histories must be judged without a panic, and alike by a new Checker
// and a used one.
func TestDamagedHistories(t *testing.T) {
	base := whole(t)
	used := New(Options{Strict: true})
	damaged := 0
	rapid.Check(t, func(t *rapid.T) {
		h := base.Clone()
		for range rapid.IntRange(1, 6).Draw(t, "damages") {
			damage(t, h)
		}
		for i := range h.Events {
			h.Events[i].Seq = uint64(i + 1)
		}
		a, b := New(Options{Strict: true}).Check(h), used.Check(h)
		if ids(a) != ids(b) {
			t.Fatalf("a new Checker says %q, a used one %q", ids(a), ids(b))
		}
		if len(a) > 0 {
			damaged++
		}
	})
	if damaged == 0 {
		t.Error("no damage was seen")
	}
}

func damage(t *rapid.T, h *history.History) {
	i := rapid.IntRange(0, len(h.Events)-1).Draw(t, "i")
	j := rapid.IntRange(0, len(h.Events)-1).Draw(t, "j")
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		h.Events = slices.Delete(h.Events, i, i+1)
	case 1:
		h.Events[i], h.Events[j] = h.Events[j], h.Events[i]
	case 2:
		h.Events = slices.Insert(h.Events, i, h.Events[j])
	case 3:
		e := &h.Events[i]
		e.Item, e.Queue, e.Conn, e.Link = e.Item+1, e.Queue^1, e.Conn^1, e.Link^3
	case 4:
		h.Events[i].Of, h.Events[i].Thread = h.Events[j].Seq, h.Events[j].Thread
	}
}

func TestGoodHistoryAllocatesNothing(t *testing.T) {
	h := whole(t)
	c := New(Options{Strict: true})
	c.Check(h)
	if n := testing.AllocsPerRun(50, func() { c.Check(h) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCheck(b *testing.B) {
	h := whole(b)
	c := New(Options{Strict: true})
	b.ReportAllocs()
	for b.Loop() {
		c.Check(h)
	}
	b.ReportMetric(float64(len(h.Events)), "events")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(h.Events)), "ns/event")
}

// A history that says itself that it is partial is judged as far as it goes.
func TestPartialHistory(t *testing.T) {
	const wake = "w1 begin on_transport_open conn=1 #o\nw1 end o\nw1 begin on_connection_open conn=1 #c\nw1 end c\n" +
		"p1 call wake conn=1 #a\np1 return a\n"
	for text, want := range map[string][2]string{
		wake: {"WAKE-1", ""},
		wake + "w1 begin on_transport_open conn=1 #p\nw1 end p\n": {"ORD-1 WAKE-1", "ORD-1"},
	} {
		h := story(t, text)
		for i, partial := range []bool{false, true} {
			h.Partial = partial
			if got := ids(New(Options{}).Check(h)); got != want[i] {
				t.Errorf("%q, partial %v: broken rules %q, want %q", text, partial, got, want[i])
			}
		}
	}
}
