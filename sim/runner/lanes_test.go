package runner

import (
	"fmt"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim/history"
)

func laneHistory(threads, events int) *history.History {
	h := &history.History{}
	for i := range threads {
		h.Threads = append(h.Threads, fmt.Sprintf("main/worker#%d", i))
	}
	for i := range events {
		e := history.Event{Seq: uint64(i + 1), Kind: history.Begin, Name: history.OnMessage, Conn: 1, Link: 2, Item: uint64(i), Thread: int32(i % threads)}
		if i%2 == 1 {
			e.Kind, e.Of = history.End, uint64(i)
		}
		h.Events = append(h.Events, e)
	}
	return h
}

func TestLanes(t *testing.T) {
	got := strings.Join(lastEvents(laneHistory(2, 4), []uint64{3}), "\n")
	want := `        main/worker#0                              main/worker#1
    1   > on_message c1 l2
    2                                              < on_message c1 l2
    3*  > on_message c1 l2 #2
    4                                              < on_message c1 l2 #2`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLanesAreBounded(t *testing.T) {
	for threads := 1; threads < 10; threads++ {
		h := laneHistory(threads, 100)
		for _, seqs := range [][]uint64{nil, {1, 50}, {99, 100, 1000}, {0}} {
			lines := lastEvents(h, seqs)
			if len(lines) < laneEvents || len(lines) > laneEvents+8 {
				t.Errorf("%d threads, %v: %d lines", threads, seqs, len(lines))
			}
			for _, l := range lines {
				if n := len([]rune(l)); n > laneWidth {
					t.Errorf("%d columns: %s", n, l)
				}
			}
		}
	}
	if lastEvents(nil, nil) != nil || lastEvents(&history.History{}, nil) != nil {
		t.Error("lanes of nothing")
	}
}

// Each event that shows the failure stands among its neighbours; what is between is
// counted, and what comes after, too.
func TestLanesMarkGaps(t *testing.T) {
	lines := lastEvents(laneHistory(2, 300), []uint64{80, 20, 200})
	text := strings.Join(lines, "\n")
	for _, want := range []string{"   20*", "   80*", "  200*", "   19 ", "   18 ", "   21 ", "   79 ", "   81 ", "  199 ", "  201 ", "\n     … 99 events …"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	shown := 0
	for _, l := range lines[1:] {
		var n int
		if _, err := fmt.Sscanf(l, " … %d event", &n); err != nil {
			n = 1
		}
		shown += n
	}
	if first := pick(laneHistory(2, 300), []uint64{80, 20, 200})[0]; shown+int(first)-1 != 300 {
		t.Errorf("%d events are shown or counted from %d on\n%s", shown, first, text)
	}
	many := make([]uint64, 100)
	for i := range many {
		many[i] = uint64(i*3 + 1)
	}
	if got := pick(laneHistory(2, 300), many); got[0] != 1 || got[len(got)-1] < 298 {
		t.Errorf("of many marked events the first and the last are not shown: %v", got)
	}
}

func TestEventText(t *testing.T) {
	h := &history.History{Threads: []string{"main"}, Events: []history.Event{
		{Seq: 1, Kind: history.Call, Name: history.OpAdd, Queue: 1, Item: 7},
		{Seq: 2, Of: 1, Kind: history.Return, Name: history.OpAdd, OK: true},
		{Seq: 3, Kind: history.Call, Name: history.OpStop, Text: "amqp:x"},
		{Seq: 4, Kind: history.Fault, Name: "reset", Conn: 2},
		{Seq: 5, Kind: history.Begin, Name: history.OnAccept, Listener: 1, Conn: 2, Session: 3},
	}}
	want := []string{"work_queue.add(q1 #7)", "work_queue.add q1 #7 = true", "container.stop() amqp:x", "fault reset c2", "> on_accept L1 c2 s3"}
	for i := range want {
		if got := eventText(h, &h.Events[i]); got != want[i] {
			t.Errorf("%q, want %q", got, want[i])
		}
	}
}
