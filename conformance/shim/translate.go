package shim

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/collider-amqp/collider/sim/history"
)

// NoteCanary is the note in which a shim states the value of a connection's
// unguarded counter; see the package documentation.
const NoteCanary = "canary"

// History asks for a barrier and returns all events since the last reset as a
// history. Sequence numbers, threads and identifiers are renumbered as package
// history wants them. Events that contradict one another are a *HarnessError.
func (c *Client) History(ctx context.Context) (history.History, error) {
	b, err := c.Do(ctx, Command{Op: OpBarrier})
	if err != nil {
		return history.History{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	h, err := translate(c.events, c.base, b.Seq)
	if err == nil && h.Dropped > 0 && !c.dropped {
		err = &HarnessError{Reason: fmt.Sprintf("barrier at %d, but event %d has not come", b.Seq, c.base+uint64(len(h.Events))+1)}
	}
	return h, err
}

var kinds = map[string]history.Kind{
	"enter": history.Begin, "exit": history.End,
	"call": history.Call, "return": history.Return, "note": history.Note,
}

// broken returns what is wrong with an event taken by itself, or "".
func (e *Event) broken() string {
	k, known := kinds[e.Kind]
	switch {
	case !known:
		return "unknown kind of event"
	case e.Seq == 0:
		return "event without seq"
	case e.Name == "":
		return "event without name"
	case (k == history.End || k == history.Return) && (e.Of == 0 || e.Of >= e.Seq):
		return "exit and return need of, a number below seq"
	case k != history.End && k != history.Return && e.Of != 0:
		return "of belongs to exit and return"
	}
	return ""
}

// translate makes a history of the events with base < seq ≤ upto. It ends before
// the first gap; what is missing is counted as dropped.
func translate(events []Event, base, upto uint64) (history.History, error) {
	sorted := append([]Event(nil), events...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Seq < sorted[j].Seq })
	t := translator{base: base, threads: map[string]int32{}, ended: map[uint64]bool{}}
	for i := range sorted {
		e := &sorted[i]
		if e.Seq <= base || e.Seq > upto {
			continue
		}
		next := base + uint64(len(t.h.Events)) + 1
		if e.Seq < next {
			return t.h, &HarnessError{Reason: fmt.Sprintf("two events have the seq %d", e.Seq)}
		}
		if e.Seq > next {
			break
		}
		if err := t.add(e); err != nil {
			return t.h, err
		}
	}
	t.h.Dropped = upto - base - uint64(len(t.h.Events))
	return t.h, nil
}

type translator struct {
	h       history.History
	base    uint64
	start   int64
	threads map[string]int32
	ended   map[uint64]bool
	ids     [6]numbering
}

// numbering gives numbers in order of first appearance.
type numbering map[uint32]uint32

func (n *numbering) of(id uint32) uint32 {
	if id == 0 {
		return 0
	}
	if *n == nil {
		*n = numbering{}
	}
	if (*n)[id] == 0 {
		(*n)[id] = uint32(len(*n)) + 1
	}
	return (*n)[id]
}

func (t *translator) add(e *Event) error {
	if len(t.h.Events) == 0 {
		t.start = e.Nanos
	}
	x := history.Event{
		Seq: e.Seq - t.base, Kind: kinds[e.Kind], Name: e.Name, Time: time.Duration(e.Nanos - t.start),
		Thread: t.thread(e.Thread), Container: t.ids[0].of(e.Container), Listener: t.ids[1].of(e.Listener),
		Conn: t.ids[2].of(e.Conn), Session: t.ids[3].of(e.Session), Link: t.ids[4].of(e.Link),
		Queue: t.ids[5].of(e.Queue), Item: e.Item, Count: e.Count, OK: e.OK, Text: e.Text,
	}
	if e.Of != 0 {
		if err := t.closes(e, &x); err != nil {
			return err
		}
	}
	t.h.Events = append(t.h.Events, x)
	return nil
}

// closes links an exit or return to its enter or call.
func (t *translator) closes(e *Event, x *history.Event) error {
	if e.Of <= t.base {
		return &HarnessError{Reason: fmt.Sprintf("event %d (%s of %s) ends what began before the reset", e.Seq, e.Kind, e.Name)}
	}
	x.Of = e.Of - t.base
	origin := t.h.At(x.Of)
	want := history.Begin
	if x.Kind == history.Return {
		want = history.Call
	}
	if origin.Kind != want || origin.Name != e.Name || origin.Conn != x.Conn {
		return &HarnessError{Reason: fmt.Sprintf("event %d (%s of %s) is of %d, which is %s of %s",
			e.Seq, e.Kind, e.Name, e.Of, origin.Kind, origin.Name)}
	}
	if t.ended[x.Of] {
		return &HarnessError{Reason: fmt.Sprintf("event %d (%s of %s) ends %d a second time", e.Seq, e.Kind, e.Name, e.Of)}
	}
	if x.Kind == history.End && origin.Thread != x.Thread {
		return &HarnessError{Reason: fmt.Sprintf("event %d (%s of %s) is on thread %s, its enter on %s",
			e.Seq, e.Kind, e.Name, e.Thread, t.h.Thread(origin.Thread))}
	}
	t.ended[x.Of] = true
	return nil
}

func (t *translator) thread(name string) int32 {
	i, known := t.threads[name]
	if !known {
		i = int32(len(t.h.Threads))
		t.threads[name] = i
		t.h.Threads = append(t.h.Threads, name)
	}
	return i
}
