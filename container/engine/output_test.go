package engine

import (
	"bytes"
	"testing"
)

func TestOutputBuffer(t *testing.T) {
	var o output
	var want []byte
	next := byte(0)
	for i := range 1000 {
		for range i % 37 {
			o.buf = append(o.buf, next)
			want = append(want, next)
			next++
		}
		n := min(o.pending(), i%23)
		o.wrote(n, 64)
		want = want[n:]
		if !bytes.Equal(o.bytes(), want) {
			t.Fatalf("step %d: % x, want % x", i, o.bytes(), want)
		}
	}
	if cap(o.buf) > 16*len(want)+1024 {
		t.Fatalf("a buffer of %d for %d octets", cap(o.buf), len(want))
	}
	o.wrote(o.pending(), 64)
	if cap(o.buf) > 64 {
		t.Fatalf("an empty buffer keeps %d octets", cap(o.buf))
	}
	defer func() {
		if recover() == nil {
			t.Fatal("Wrote of what was never there succeeds")
		}
	}()
	o.wrote(1, 64)
}

func TestFIFO(t *testing.T) {
	var q fifo[int]
	in, out := 0, 0
	for i := range 2000 {
		for range i % 7 {
			q.push(in)
			in++
		}
		for range i % 6 {
			if v, ok := q.pop(); ok {
				if v != out {
					t.Fatalf("got %d, want %d", v, out)
				}
				out++
			} else if out != in {
				t.Fatal("an element is lost")
			}
		}
		if q.len() != in-out || q.len() > 0 && *q.at(q.len() - 1) != in-1 {
			t.Fatalf("length %d, want %d", q.len(), in-out)
		}
	}
}
