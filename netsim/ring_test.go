package netsim

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A ring does what a slice does.
func TestRingIsASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ring
		var want []byte
		next := byte(0)
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				p := make([]byte, rapid.IntRange(0, 700).Draw(t, "n"))
				for i := range p {
					next++
					p[i] = next
				}
				r.push(p)
				want = append(want, p...)
			},
			"pop": func(t *rapid.T) {
				p := make([]byte, rapid.IntRange(0, len(want)).Draw(t, "n"))
				r.pop(p)
				if !bytes.Equal(p, want[:len(p)]) {
					t.Fatalf("popped %v, want %v", p, want[:len(p)])
				}
				want = want[len(p):]
			},
			"cut": func(t *rapid.T) {
				n := rapid.IntRange(0, len(want)).Draw(t, "n")
				r.cut(n)
				want = want[:n]
			},
			"": func(t *rapid.T) {
				at := rapid.IntRange(0, len(want)).Draw(t, "at")
				a, b := r.span(at, len(want)-at)
				if got := append(append([]byte(nil), a...), b...); !bytes.Equal(got, want[at:]) {
					t.Fatalf("span(%d) is %v, want %v", at, got, want[at:])
				}
			},
		})
	})
}

func TestRingRefusesToSkipTooMuch(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	var r ring
	r.push([]byte("ab"))
	r.skip(3)
}

func TestFlightsKeepOrder(t *testing.T) {
	var f flights
	if f.last() != 0 || f.land(time.Hour) != 0 || !f.empty() {
		t.Error("no flights are not empty")
	}
	f.push(10, 5, 0)
	f.push(20, 3, 0) // may not overtake
	f.push(30, 7, 0)
	if got := f.next(); got != 5 {
		t.Errorf("next at %d, want 5", got)
	}
	if got := f.land(5); got != 20 {
		t.Errorf("landed before %d, want 20: the second waits for the first and lands with it", got)
	}
	if got := f.land(6); got != 0 {
		t.Errorf("landed before %d at 6", got)
	}
	for i := uint64(0); i < 100; i++ { // the queue's memory is used again
		f.push(40+i, time.Duration(10+i), 0)
		f.land(time.Duration(10 + i - 1))
	}
	if cap(f.q) > 8 {
		t.Errorf("queue of one or two grew to %d", cap(f.q))
	}
}
