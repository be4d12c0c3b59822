package netsim

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

func TestBytesArriveInOrderAndOnce(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{Split: SplitRandom, Jitter: time.Millisecond}})
		var want, got bytes.Buffer
		done := w.Go("reader", func() {
			_, err := io.Copy(&got, x.s)
			x.must(err, "read to the end")
		})
		for i := range 200 {
			word := strings.Repeat(string(rune('a'+i%26)), i%17)
			want.WriteString(word)
			x.send(x.c, word)
		}
		x.must(x.c.CloseWrite(), "close write")
		done.Join()
		x.want(bytes.Equal(want.Bytes(), got.Bytes()), "got %q", got.String())
	})
}

func TestDirectionsAreIndependent(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		x.SetPath("client", "broker", Path{Latency: 3 * time.Second})
		start := w.Elapsed()
		x.send(x.c, "slow")
		x.send(x.s, "fast")
		x.receive(x.c, "fast")
		x.at(start, "the way back has no latency")
		x.receive(x.s, "slow")
		x.at(start+3*time.Second, "the way there has")
	})
}

func TestLatencyIsTheSameForEachWrite(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{Path: Path{Latency: 10 * time.Millisecond}})
		x.c, x.s = x.connect()
		x.at(30*time.Millisecond, "connect and accept take one and a half round trips")
		x.send(x.c, "a")
		w.Sleep(4 * time.Millisecond)
		x.send(x.c, "b")
		x.receive(x.s, "a")
		x.at(40*time.Millisecond, "first write arrives")
		x.receive(x.s, "b")
		x.at(44*time.Millisecond, "second write arrives")
	})
}

func TestJitterStaysInItsRange(t *testing.T) {
	var seen []time.Duration
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		x.SetPaths("client", "broker", Path{Latency: time.Second, Jitter: time.Second})
		start := w.Elapsed()
		x.send(x.c, "a")
		x.receive(x.s, "a")
		d := w.Elapsed() - start
		x.want(d >= time.Second && d <= 2*time.Second, "jitter gave %v", d)
		seen = append(seen, d)
	})
	first := seen[0]
	for _, d := range seen {
		if d != first {
			return
		}
	}
	t.Errorf("20 seeds gave the same jitter %v", first)
}

func TestBandwidthSpreadsBytesOverTime(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		x.SetPaths("client", "broker", Path{Bandwidth: 4096, Latency: time.Second})
		start := w.Elapsed()
		x.send(x.c, strings.Repeat("x", 10240))
		x.receive(x.s, strings.Repeat("x", 4096))
		x.at(start+2*time.Second, "4096 bytes cross in a second, and one of latency")
		x.receive(x.s, strings.Repeat("x", 6144))
		x.at(start+3500*time.Millisecond, "10240 bytes need two and a half")
		x.send(x.c, "y")
		w.Sleep(time.Minute)
		x.receive(x.s, "y")
	})
}

func TestSplitBytesReadsOneByOne(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{Split: SplitBytes}})
		x.send(x.c, "abc")
		for _, want := range []string{"a", "b", "c"} {
			var b [8]byte
			n, err := x.s.Read(b[:])
			x.want(n == 1 && err == nil && string(b[:1]) == want, "read %q, %v", b[:n], err)
		}
	})
}

func TestSplitWholeReadsWritesTogether(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		x.send(x.c, "abc")
		x.send(x.c, "def")
		var b [8]byte
		n, err := x.s.Read(b[:])
		x.want(string(b[:n]) == "abcdef" && err == nil, "read %q, %v: writes are coalesced", b[:n], err)
	})
}

func TestSplitRandomVaries(t *testing.T) {
	seen := map[int]int{}
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{Split: SplitRandom}})
		x.send(x.c, strings.Repeat("x", 1000))
		n, err := x.s.Read(make([]byte, 2000))
		x.want(n >= 1 && n <= 1000 && err == nil, "read %d, %v", n, err)
		seen[n]++
	})
	small := 0
	for n, times := range seen {
		if n <= 8 {
			small += times
		}
	}
	if len(seen) < 4 || seen[1000] == 0 || small == 0 {
		t.Errorf("20 seeds read %v bytes: want several sizes, small ones and the whole among them", seen)
	}
}

func TestFullBuffersPushBack(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{SendBuffer: 100, ReceiveBuffer: 50}})
		n, err := x.c.TryWrite(make([]byte, 200))
		x.want(n == 150 && err == nil, "TryWrite into two empty buffers took %d, %v", n, err)
		n, err = x.c.TryWrite([]byte("x"))
		x.want(n == 0 && err == nil, "TryWrite into full buffers took %d, %v", n, err)
		wrote := false
		writer := w.Go("writer", func() {
			x.send(x.c, strings.Repeat("y", 300))
			wrote = true
		})
		w.Sleep(time.Second)
		x.want(!wrote, "Write returned although the buffers are full")
		n, err = x.c.TryWrite([]byte("x"))
		x.want(n == 0 && err == nil, "TryWrite beside a blocked Write took %d, %v", n, err)
		x.receive(x.s, strings.Repeat("\x00", 150)+strings.Repeat("y", 300))
		writer.Join()
	})
}

func TestWriteGoesOnWhenTheOneBeforeIsDone(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{SendBuffer: 8, ReceiveBuffer: 8}})
		first := w.Go("first", func() { x.send(x.c, strings.Repeat("a", 20)) })
		w.Sleep(time.Second)
		second := w.Go("second", func() { x.send(x.c, "b") })
		w.Sleep(time.Second)
		x.receive(x.s, strings.Repeat("a", 8))
		first.Join()
		second.Join() // there is room, and nobody reads any more
		x.receive(x.s, strings.Repeat("a", 12)+"b")
	})
}

func TestTryWriteStaysOutOfABlockedWrite(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{SendBuffer: 9, ReceiveBuffer: 9}})
		writer := w.Go("writer", func() { x.send(x.c, strings.Repeat("a", 30)) })
		w.Sleep(time.Second)
		x.receive(x.s, "a")
		n, err := x.c.TryWrite([]byte("x"))
		x.want(n == 0 && err == nil, "%d, %v: one byte of room belongs to the blocked Write", n, err)
		x.receive(x.s, strings.Repeat("a", 29))
		writer.Join()
	})
}

func TestWritesOfThreadsDoNotMix(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{SendBuffer: 8, ReceiveBuffer: 8, Split: SplitRandom}})
		const size, threads = 50, 4
		for i := range threads {
			w.Go("writer", func() { x.send(x.c, strings.Repeat(string(rune('a'+i)), size)) })
		}
		got := make([]byte, size*threads)
		_, err := io.ReadFull(x.s, got)
		x.must(err, "read")
		for i := 0; i < len(got); i += size {
			x.want(bytes.Count(got[i:i+size], got[i:i+1]) == size, "bytes of two writes mixed: %q", got)
		}
	})
}

func TestReadsOfThreadsShareTheBytes(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{Split: SplitRandom}})
		total := w.NewInt64("total", 0)
		g := w.NewWaitGroup("readers")
		for range 3 {
			g.Go("reader", func() {
				for {
					n, err := x.s.Read(make([]byte, 10))
					total.Add(int64(n))
					if err == io.EOF {
						return
					}
					x.must(err, "read")
				}
			})
		}
		for range 20 {
			x.send(x.c, "12345")
		}
		x.must(x.c.Close(), "close")
		g.Wait()
		x.want(total.Load() == 100, "readers got %d of 100 bytes", total.Load())
	})
}
