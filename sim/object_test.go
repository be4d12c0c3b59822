package sim

import (
	"slices"
	"testing"

	"github.com/collider-amqp/collider/sim/choice"
)

// Switching all waiters of an object at once leaves the threads in the order in
// which switching one after the other leaves them.
func TestSwitchingAllWaitersKeepsTheOrder(t *testing.T) {
	draw := choice.New(1, "waiters", 0)
	fast := 0
	for range 2000 {
		waiting, others := draw.IntN(6), draw.IntN(4)
		seed := draw.Uint64()
		at, allAtOnce := waitersAtRandom(seed, waiting, others)
		_, oneByOne := waitersAtRandom(seed, waiting, others)
		if at >= others-1 {
			fast++
		}
		allAtOnce.disableAll()
		for wt := oneByOne.queue.head; wt != nil; wt = wt.next {
			wt.set(false)
		}
		compareRun(t, allAtOnce, oneByOne)
		allAtOnce.enableAll()
		for wt := oneByOne.queue.head; wt != nil; wt = wt.next {
			wt.set(true)
		}
		compareRun(t, allAtOnce, oneByOne)
	}
	if fast < 500 || fast > 1900 {
		t.Errorf("the waiters stand at the end of the list in %d of 2000 cases", fast)
	}
}

// waitersAtRandom returns an object with threads that wait for it, some of them
// runnable, among others that are, and the lowest place of such a waiter.
func waitersAtRandom(seed uint64, waiting, others int) (int, *object) {
	draw := choice.New(seed, "places", 0)
	w := &World{}
	o := &object{w: w}
	least := others
	for i := range waiting + others {
		th := &Thread{w: w, id: int32(i), at: -1}
		th.wait.t = th
		w.threads = append(w.threads, th)
	}
	order := append([]*Thread(nil), w.threads...)
	if draw.IntN(2) == 0 {
		draw.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	} else {
		slices.Reverse(order) // the waiters come last
	}
	for _, th := range order {
		waits := int(th.id) < waiting
		if !waits || draw.IntN(4) != 0 {
			if waits {
				th.wait.on = true
				least = min(least, len(w.run))
			}
			w.enable(th)
		}
		if waits {
			o.queue.push(&th.wait)
		}
	}
	return least, o
}

func compareRun(t *testing.T, got, want *object) {
	t.Helper()
	if len(got.w.run) != len(want.w.run) {
		t.Fatalf("%d threads can run, want %d", len(got.w.run), len(want.w.run))
	}
	for i, th := range got.w.run {
		if th.id != want.w.run[i].id || int(th.at) != i {
			t.Fatalf("thread %d stands at %d, want thread %d there", th.id, th.at, want.w.run[i].id)
		}
	}
	for i, th := range got.w.threads {
		if u := want.w.threads[i]; th.at != u.at || th.wait.on != u.wait.on {
			t.Fatalf("thread %d: place %d and on %v, want %d and %v", i, th.at, th.wait.on, u.at, u.wait.on)
		}
	}
}
