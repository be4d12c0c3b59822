package container

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestFifoAgainstSlice checks the queue against the obvious one.
func TestFifoAgainstSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q fifo[int]
		var want []int
		next := 0
		drain := func(q *fifo[int]) (got []int) {
			for q.len() > 0 {
				got = append(got, q.pop())
			}
			return got
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				next++
				q.push(next)
				want = append(want, next)
			},
			"pop": func(t *rapid.T) {
				if len(want) == 0 {
					t.Skip("empty")
				}
				if got := q.pop(); got != want[0] {
					t.Fatalf("pop gave %d, want %d", got, want[0])
				}
				want = want[1:]
			},
			"moveTo": func(t *rapid.T) {
				n := rapid.IntRange(0, 5).Draw(t, "limit")
				var dst fifo[int]
				q.moveTo(&dst, n)
				n = min(n, len(want))
				if got := drain(&dst); !slices.Equal(got, want[:n]) {
					t.Fatalf("moveTo gave %v, want %v", got, want[:n])
				}
				want = want[n:]
			},
			"filter": func(t *rapid.T) {
				k := rapid.IntRange(2, 4).Draw(t, "modulus")
				drop := func(v int) bool { return v%k == 0 }
				kept := slices.DeleteFunc(slices.Clone(want), drop)
				if got := q.filter(func(v int) bool { return !drop(v) }); got != len(want)-len(kept) {
					t.Fatalf("filter dropped %d, want %d", got, len(want)-len(kept))
				}
				want = kept
			},
			"": func(t *rapid.T) {
				if q.len() != len(want) {
					t.Fatalf("len is %d, want %d", q.len(), len(want))
				}
			},
		})
		if got := drain(&q); !slices.Equal(got, want) {
			t.Fatalf("the rest is %v, want %v", got, want)
		}
	})
}

// TestFifoMemoryStaysBounded keeps a short queue busy for long.
func TestFifoMemoryStaysBounded(t *testing.T) {
	var q fifo[int]
	for i := range 1000 {
		q.push(i)
		q.push(i)
		q.pop()
		if q.len() > 20 {
			for q.len() > 10 {
				q.pop()
			}
		}
	}
	if c := cap(q.items); c > 256 {
		t.Fatalf("a queue of at most 21 items grew to a capacity of %d", c)
	}
}
