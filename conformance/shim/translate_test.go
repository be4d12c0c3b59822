package shim

import (
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim/history"
)

func TestTranslate(t *testing.T) {
	events := []Event{ // as they may come: threads mixed, numbers from earlier use
		{Kind: "exit", Name: "on_message", Seq: 105, Of: 103, Nanos: 5100, Thread: "w2", Conn: 9, Session: 4, Link: 7, Item: 3},
		{Kind: "call", Name: "work_queue.add", Seq: 101, Nanos: 5000, Thread: "p1", Conn: 9, Queue: 9, Item: 1},
		{Kind: "return", Name: "work_queue.add", Seq: 102, Of: 101, Nanos: 5010, Thread: "p1", Conn: 9, Queue: 9, Item: 1, OK: true},
		{Kind: "enter", Name: "on_message", Seq: 103, Nanos: 5020, Thread: "w2", Conn: 9, Session: 4, Link: 7, Item: 3},
		{Kind: "note", Name: "canary", Seq: 104, Nanos: 5030, Thread: "w2", Conn: 2, Count: 4, Text: "x"},
		{Kind: "note", Name: "old", Seq: 100, Thread: "p1"},
		{Kind: "note", Name: "new", Seq: 106, Thread: "p1"},
	}
	h, err := translate(events, 100, 105)
	if err != nil {
		t.Fatal(err)
	}
	want := []history.Event{
		{Seq: 1, Kind: history.Call, Name: history.OpAdd, Conn: 1, Queue: 1, Item: 1},
		{Seq: 2, Of: 1, Time: 10, Kind: history.Return, Name: history.OpAdd, Conn: 1, Queue: 1, Item: 1, OK: true},
		{Seq: 3, Time: 20, Kind: history.Begin, Name: history.OnMessage, Thread: 1, Conn: 1, Session: 1, Link: 1, Item: 3},
		{Seq: 4, Time: 30, Kind: history.Note, Name: NoteCanary, Thread: 1, Conn: 2, Count: 4, Text: "x"},
		{Seq: 5, Of: 3, Time: 100, Kind: history.End, Name: history.OnMessage, Thread: 1, Conn: 1, Session: 1, Link: 1, Item: 3},
	}
	if len(h.Events) != len(want) || h.Dropped != 0 {
		t.Fatalf("%d events, %d dropped", len(h.Events), h.Dropped)
	}
	for i := range want {
		if h.Events[i] != want[i] {
			t.Errorf("event %d\n got %+v\nwant %+v", i, h.Events[i], want[i])
		}
	}
	if h.Thread(0) != "p1" || h.Thread(1) != "w2" || len(h.Threads) != 2 {
		t.Errorf("threads %v", h.Threads)
	}
}

func TestTranslateStopsAtGap(t *testing.T) {
	events := []Event{{Kind: "note", Name: "a", Seq: 1}, {Kind: "note", Name: "c", Seq: 3}}
	h, err := translate(events, 0, 3)
	if err != nil || len(h.Events) != 1 || h.Dropped != 2 {
		t.Fatalf("%d events, %d dropped, %v", len(h.Events), h.Dropped, err)
	}
}

func TestTranslateContradictions(t *testing.T) {
	enter := Event{Kind: "enter", Name: "work", Seq: 11, Thread: "a", Conn: 1}
	for _, x := range []struct {
		text   string
		events []Event
	}{
		{"two events", []Event{enter, enter}},
		{"before the reset", []Event{{Kind: "exit", Name: "work", Seq: 11, Of: 9}}},
		{"which is begin of work", []Event{enter, {Kind: "return", Name: "work", Seq: 12, Of: 11, Thread: "a", Conn: 1}}},
		{"which is begin of work", []Event{enter, {Kind: "exit", Name: "on_message", Seq: 12, Of: 11, Thread: "a", Conn: 1}}},
		{"which is begin of work", []Event{enter, {Kind: "exit", Name: "work", Seq: 12, Of: 11, Thread: "a", Conn: 2}}},
		{"on thread b", []Event{enter, {Kind: "exit", Name: "work", Seq: 12, Of: 11, Thread: "b", Conn: 1}}},
		{"a second time", []Event{enter,
			{Kind: "exit", Name: "work", Seq: 12, Of: 11, Thread: "a", Conn: 1},
			{Kind: "exit", Name: "work", Seq: 13, Of: 11, Thread: "a", Conn: 1}}},
	} {
		_, err := translate(x.events, 10, 13)
		wantError[*HarnessError](t, err, x.text)
	}
}

// TestHistoryMissingEvent has a shim that answers a barrier too early.
func TestHistoryMissingEvent(t *testing.T) {
	c, err := begin(t, `HELLO+{"ev":"note","name":"a","seq":1}|{"re":2,"ok":{"seq":2}}`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.History(t.Context())
	wantError[*HarnessError](t, err, "event 2 has not come")
}

func TestLimit(t *testing.T) {
	o := options(`HELLO|{"ev":"note","name":"a","seq":1}+{"ev":"note","name":"a","seq":2}+{"ev":"note","name":"a","seq":3}+{"re":2,"ok":{"seq":3}}`)
	o.Limit, o.Deadline = 2, time.Second
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	h, err := c.History(t.Context())
	if err != nil || len(h.Events) != 2 || h.Dropped != 1 {
		t.Fatalf("%d events, %d dropped, %v", len(h.Events), h.Dropped, err)
	}
}

// TestReset checks that a reset forgets the events and starts the numbers anew.
func TestReset(t *testing.T) {
	c, err := begin(t, `HELLO+{"ev":"note","name":"a","seq":1}|{"re":2,"ok":{"left":2}}|{"re":3,"ok":{"seq":1}}|`+
		`{"ev":"note","name":"b","seq":2}+{"re":4,"ok":{"seq":2}}`)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := c.Reset(t.Context()); err != nil || left != 2 {
		t.Fatalf("left %d, %v", left, err)
	}
	h, err := c.History(t.Context())
	if err != nil || len(h.Events) != 1 || h.Events[0].Name != "b" || h.Events[0].Seq != 1 {
		t.Fatalf("%+v, %v", h, err)
	}
}

func TestEventErrorsNameTheLine(t *testing.T) {
	long := strings.Repeat("ä", 300)
	e := &HarnessError{Line: cut([]byte(long)), Reason: "x"}
	if len(e.Error()) > 1000 || !strings.Contains(e.Error(), "…") {
		t.Errorf("%d octets: %s", len(e.Error()), e)
	}
}
