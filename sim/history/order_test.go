package history

import (
	"slices"
	"testing"
)

// mixed is a history with each reason for an order.
func mixed() *History {
	h := &History{Threads: []string{"user", "w1", "w2"}, Events: []Event{
		{Kind: Call, Name: OpAdd, Queue: 1, Item: 7, Thread: 0},          // 1
		{Kind: Return, Of: 1, Name: OpAdd, Thread: 0},                    // 2
		{Kind: Begin, Name: Work, Queue: 1, Item: 7, Conn: 1, Thread: 1}, // 3 after 1
		{Kind: End, Of: 3, Name: Work, Thread: 1},                        // 4
		{Kind: Begin, Name: OnMessage, Conn: 1, Thread: 2},               // 5 after 4
		{Kind: Begin, Name: OnMessage, Conn: 2, Thread: 1},               // 6 beside 5
		{Kind: Call, Name: OpWake, Conn: 2, Thread: 0},                   // 7
		{Kind: Call, Name: OpWake, Conn: 2, Thread: 2},                   // 8
		{Kind: End, Of: 6, Name: OnMessage, Thread: 1},                   // 9
		{Kind: Begin, Name: OnConnectionWake, Conn: 2, Thread: 1},        // 10 after 7 and 8
		{Kind: Call, Name: OpSchedule, Container: 1, Item: 3, Thread: 0}, // 11
		{Kind: Begin, Name: Scheduled, Container: 1, Item: 3, Thread: 2}, // 12 after 11
		{Kind: Begin, Name: OnOpen, Listener: 1, Thread: 1},              // 13
		{Kind: End, Of: 13, Name: OnOpen, Thread: 1},                     // 14
		{Kind: Begin, Name: OnAccept, Listener: 1, Conn: 3, Thread: 0},   // 15 after 14
	}}
	for i := range h.Events {
		h.Events[i].Seq = uint64(i + 1)
	}
	return h
}

func TestOrder(t *testing.T) {
	o := NewOrder(mixed())
	for _, p := range [][2]uint64{{1, 2}, {1, 3}, {3, 5}, {1, 5}, {7, 10}, {8, 10}, {5, 10}, {11, 12}, {14, 15}, {13, 15}} {
		if !o.Before(p[0], p[1]) || o.Before(p[1], p[0]) || o.Concurrent(p[0], p[1]) {
			t.Errorf("%d is not before %d", p[0], p[1])
		}
	}
	for _, p := range [][2]uint64{{2, 3}, {5, 6}, {7, 9}, {11, 10}, {12, 13}} {
		if !o.Concurrent(p[0], p[1]) || !o.Concurrent(p[1], p[0]) {
			t.Errorf("%d and %d are ordered", p[0], p[1])
		}
	}
	if o.Before(0, 1) || o.Before(1, 99) || o.Before(3, 3) || o.Concurrent(3, 3) {
		t.Error("events that are none, or the same")
	}
}

// The edges and the threads give the order and nothing else.
func TestEdgesGiveTheOrder(t *testing.T) {
	h := mixed()
	o := NewOrder(h)
	before := make([]map[uint64]bool, len(h.Events)+1)
	last := map[int32]uint64{}
	for i := range h.Events {
		seq := uint64(i + 1)
		before[seq] = map[uint64]bool{}
		join := func(from uint64) {
			before[seq][from] = true
			for p := range before[from] {
				before[seq][p] = true
			}
		}
		if p := last[h.Events[i].Thread]; p != 0 {
			join(p)
		}
		last[h.Events[i].Thread] = seq
		for _, e := range o.Edges() {
			if e.To == seq {
				join(e.From)
			}
		}
	}
	for a := range uint64(len(h.Events)) {
		for b := range uint64(len(h.Events)) {
			if got := before[b+1][a+1]; got != o.Before(a+1, b+1) {
				t.Errorf("%d before %d: %v by the edges, %v by the order", a+1, b+1, got, !got)
			}
		}
	}
	want := []Edge{{From: 1, To: 3}, {From: 4, To: 5, Serial: true}, {From: 7, To: 8}, {From: 8, To: 10}, {From: 9, To: 10, Serial: true}, {From: 11, To: 12}, {From: 14, To: 15, Serial: true}}
	if !slices.Equal(o.Edges(), want) {
		t.Errorf("the edges are %v", o.Edges())
	}
}

// Happens-before is consistent with the total order of the record.
func TestOrderKeepsToTheRecord(t *testing.T) {
	h := sample()
	o := NewOrder(h)
	for a := uint64(1); a <= 7; a++ {
		for b := uint64(1); b < a; b++ {
			if o.Before(a, b) {
				t.Errorf("%d before %d", a, b)
			}
		}
	}
}
