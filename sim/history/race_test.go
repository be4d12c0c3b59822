//go:build race

package history

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

const childEnv = "COLLIDER_RACE_CHILD"

// The detector must see a race between two goroutines that meet in the recorder
// only, and must find nothing wrong with the recorder itself.
func TestRecorderHidesNoRace(t *testing.T) {
	if os.Getenv(childEnv) != "" {
		t.Skip("runs children")
	}
	for _, c := range []struct {
		child string
		racy  bool
	}{{"racy", true}, {"locked", false}, {"racy-world", true}, {"locked-world", false}} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestRaceChild$", "-test.count=1")
		cmd.Env = append(os.Environ(), childEnv+"="+c.child)
		out, err := cmd.CombinedOutput()
		text := string(out)
		if found := strings.Contains(text, "DATA RACE"); found != c.racy {
			t.Errorf("%s: race reported %v, want %v (%v)\n%s", c.child, found, c.racy, err, text)
		}
		if strings.Contains(text, "record.go") || strings.Contains(text, "ids.go") || strings.Contains(text, "no tests to run") {
			t.Errorf("%s: the report names the recorder\n%s", c.child, text)
		}
	}
}

func TestRaceChild(t *testing.T) {
	child := os.Getenv(childEnv)
	rec := NewRecorder(Options{})
	if strings.HasSuffix(child, "world") {
		rec = NewWorldRecorder(&toyWorld{}, Options{})
	}
	var mu sync.Mutex
	n := 0
	touch := func() {
		if strings.HasPrefix(child, "locked") {
			mu.Lock()
			defer mu.Unlock()
		}
		n++
	}
	// The turns of the two goroutines follow each other in a way that the
	// detector does not see, as a scheduler's do.
	turn := make(chan int, 1)
	turn <- 0
	play := func(self int) {
		for range 100 {
			takeTurn(turn, self)
			e := Event{Name: Work, Queue: rec.ID(Queues, &n), Item: uint64(rec.NextID(Items))}
			b := rec.Begin(e)
			touch()
			rec.End(b, e)
			passTurn(turn, 1-self)
		}
	}
	if child == "" {
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { play(0) })
	wg.Go(func() { play(1) })
	wg.Wait()
	if got := rec.Len(); got != 400 {
		t.Errorf("%d events", got)
	}
}

//go:norace
func takeTurn(turn chan int, self int) {
	raceOff()
	for {
		t := <-turn
		if t == self {
			break
		}
		turn <- t
	}
	raceOn()
}

//go:norace
func passTurn(turn chan int, next int) {
	raceOff()
	turn <- next
	raceOn()
}
