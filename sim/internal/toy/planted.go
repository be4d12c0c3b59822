package toy

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Planted are scenarios that do not repeat themselves, each for one of the usual
// reasons. The line that lets it show ends in a comment "// shows: NAME", the last
// one before it of the same thread in "// before: NAME".
func Planted() []*sim.Scenario {
	return []*sim.Scenario{wallClock(), mapRange(), packageState(), globalRand(), goroutineRace(), hiddenNumber()}
}

// planted has two good threads beside the bad one.
func planted(name, doc string, bad func(w *sim.World)) *sim.Scenario {
	return &sim.Scenario{Name: "toy/planted-" + name, Doc: doc, Run: func(w *sim.World) {
		mu := w.NewMutex("good")
		g := w.NewWaitGroup("all")
		for range 2 {
			g.Go("good", func() {
				for range 5 {
					mu.Lock()
					w.Note("good", "")
					mu.Unlock()
				}
			})
		}
		g.Go("bad", func() { bad(w) })
		g.Wait()
	}}
}

func wallClock() *sim.Scenario {
	return planted("time", "a branch on the wall clock", func(w *sim.World) {
		for range 20 {
			w.Yield() // before: time
			if time.Now().UnixNano()%2 == 0 {
				w.Note("even", "the wall clock is even") // shows: time
			}
		}
	})
}

func mapRange() *sim.Scenario {
	return planted("map", "shards visited in the order of a map", func(w *sim.World) {
		shards := map[string]*sim.Mutex{}
		for i := range 20 {
			name := "shard " + strconv.Itoa(i)
			shards[name] = w.NewMutex(name)
		}
		w.Note("shards", "made") // before: map
		for _, mu := range shards {
			mu.TryLock() // shows: map
		}
	})
}

// cache is what a program keeps from run to run.
var cache atomic.Int64

func packageState() *sim.Scenario {
	return planted("package", "a package variable that runs share", func(w *sim.World) {
		w.Note("hello", "")                                              // before: package
		w.Note("visitor", "number "+strconv.FormatInt(cache.Add(1), 10)) // shows: package
	})
}

func globalRand() *sim.Scenario {
	return planted("rand", "a sleep of random length", func(w *sim.World) {
		w.Yield()                              // before: rand
		w.Sleep(time.Duration(rand.IntN(1e9))) // shows: rand
		w.Note("awake", "")
	})
}

// goroutineRace reads how far a real goroutine has come.
func goroutineRace() *sim.Scenario {
	return planted("goroutine", "a goroutine beside the World", func(w *sim.World) {
		var n, over atomic.Int64
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			for over.Load() == 0 {
				n.Add(1)
			}
		}()
		for n.Load() == 0 {
			runtime.Gosched()
		}
		w.Yield() // before: goroutine
		seen := n.Load()
		over.Store(1)
		<-gone
		w.Note("seen", strconv.FormatInt(seen, 10)) // shows: goroutine
	})
}

// hiddenNumber lets the digest see what no event shows.
func hiddenNumber() *sim.Scenario {
	return planted("hidden", "an observed number that differs", func(w *sim.World) {
		w.Yield() // before: hidden
		w.Observe(rand.Uint64())
		w.Yield() // shows: hidden
	})
}
