package node

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bodies returns what waits in a queue.
func bodies(q *queue) []any {
	var all []any
	for _, h := range q.waiting {
		all = append(all, h.message.Body())
	}
	return all
}

func TestQueueGivesBackInOrder(t *testing.T) {
	q := newQueue("q", nil)
	for i := range 4 {
		q.post(container.NewMessage(int64(i)))
	}
	taken := slices.Clone(q.waiting[:3])
	q.waiting = q.waiting[3:]
	for _, i := range []int{2, 0, 1} {
		q.giveBack(taken[i])
	}
	if got := fmt.Sprint(bodies(q)); got != "[0 1 2 3]" {
		t.Errorf("messages given back out of order stand as %v", got)
	}
}

func TestQueueServesWithinCreditAndInTurn(t *testing.T) {
	c := record.New(nil, "c", nil, container.Options{})
	sink := c.NewQueue() // stands for the connections: its jobs are not run
	q := newQueue("q", sink)
	a, b := &subscriber{queue: q, conn: sink}, &subscriber{queue: q, conn: sink}
	q.subscribe(a)
	q.subscribe(b)
	q.setLimit(a, 2)
	q.setLimit(b, 1)
	for i := range 5 {
		q.post(container.NewMessage(int64(i)))
	}
	if a.assigned != 2 || b.assigned != 1 || len(q.waiting) != 2 {
		t.Errorf("assigned %d and %d of 5 within credit 2 and 1, %d wait", a.assigned, b.assigned, len(q.waiting))
	}
	q.unsubscribe(a)
	q.setLimit(a, 10)
	if a.assigned != 2 {
		t.Error("a subscriber that has gone was served")
	}
	q.setLimit(b, 3)
	if b.assigned != 3 || len(q.waiting) != 0 {
		t.Errorf("more credit handed over %d messages, %d wait", b.assigned, len(q.waiting))
	}
}

// TestQueueKeepsWhatADeadConnectionRefuses hands a message to a connection
// whose work queue has ended.
func TestQueueKeepsWhatADeadConnectionRefuses(t *testing.T) {
	c := record.New(nil, "c", nil, container.Options{})
	dead := c.NewQueue()
	dead.Close()
	q := newQueue("q", nil)
	s := &subscriber{queue: q, conn: dead, limit: 5}
	q.subs = append(q.subs, s)
	q.post(container.NewMessage("kept"))
	q.post(container.NewMessage("kept too"))
	if got := fmt.Sprint(bodies(q)); got != "[kept kept too]" || !s.gone {
		t.Errorf("the queue holds %v, gone is %v", got, s.gone)
	}
}

// TestOutcomesOfASubscriber covers acceptance, release and the limit of tries.
func TestOutcomesOfASubscriber(t *testing.T) {
	c := record.New(nil, "c", nil, container.Options{})
	work := c.NewQueue()
	q := newQueue("q", work)
	s := &subscriber{queue: q, c: c, unsettled: make(map[*container.Tracker]*held)}
	give := func(tries uint32) *container.Tracker {
		tr := &container.Tracker{}
		s.unsettled[tr] = &held{message: container.NewMessage("m"), tries: tries}
		s.order = append(s.order, tr)
		return tr
	}
	s.settled(give(0), true)
	s.settled(give(MaxTries-1), false) // dropped: tried often enough
	s.settled(&container.Tracker{}, false)
	again := give(0)
	s.settled(again, false)
	s.settled(again, false)
	left := give(0)
	s.close()
	s.close()
	if len(s.unsettled) != 0 || len(s.order) != 0 {
		t.Errorf("%v is still unsettled", left)
	}
	if err := c.Run(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	if len(q.waiting) != 2 {
		t.Errorf("%d messages were given back, want the released one and the one of the closed link", len(q.waiting))
	}
}
