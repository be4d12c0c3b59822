package netsim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// faulty returns options with faults in text form and nothing random.
func faulty(faults ...string) Options {
	o := Options{Path: Path{Reset: ResetKeeps}}
	for _, f := range faults {
		o.Faults = append(o.Faults, MustParseFault(f))
	}
	return o
}

func TestResetAtByte(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("reset client->broker#1 @byte 5"))
		x.send(x.s, "hi")
		x.send(x.c, "hello, world")
		x.receive(x.s, "hello")
		x.wantError(x.readError(x.s), "read", syscall.ECONNRESET, "receiver")
		x.receive(x.c, "hi")
		x.wantError(x.readError(x.c), "read", syscall.ECONNRESET, "sender")
		c, s := x.connect()
		x.send(c, "hello, again")
		x.receive(s, "hello, again")
	})
}

func TestResetActsOnBytesInFlight(t *testing.T) {
	stories(t, func(w *sim.World) {
		o := faulty("reset client->broker#1 @time 10s")
		x := connected(w, o)
		x.SetPaths("client", "broker", Path{Latency: 4 * time.Second, Reset: ResetKeeps})
		w.Sleep(5 * time.Second)
		x.send(x.c, "arrives at 9 s;")
		w.Sleep(2 * time.Second)
		x.send(x.c, "would arrive at 11 s")
		b, err := io.ReadAll(x.s)
		x.want(string(b) == "arrives at 9 s;", "read %q", b)
		x.wantError(err, "read", syscall.ECONNRESET, "the end")
		x.at(10*time.Second, "the fault's time")
	})
}

func TestResetBackwardsAtByteZero(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("reset client<-broker @byte 0"))
		_, err := x.c.Write([]byte("x"))
		x.wantError(err, "write", syscall.ECONNRESET, "the connection is gone when it stands")
	})
}

func TestResetFaultUnblocksAllFour(t *testing.T) {
	stories(t, func(w *sim.World) {
		o := faulty("reset client->broker#1 @time 1s")
		o.Path.SendBuffer, o.Path.ReceiveBuffer = 1, 1
		x := connected(w, o)
		x.Inject(MustParseFault("stall client->broker#1"))
		x.Inject(MustParseFault("stall client<-broker#1"))
		g := w.NewWaitGroup("blocked")
		for _, c := range []*Conn{x.c, x.s} {
			g.Go("reader", func() { x.readError(c) })
			g.Go("writer", func() {
				_, err := c.Write(make([]byte, 10))
				x.want(err != nil, "wrote into a connection that was reset")
			})
		}
		g.Wait()
		x.at(time.Second, "the reset")
	})
}

func TestTruncateKeepsWhatCameBefore(t *testing.T) {
	stories(t, func(w *sim.World) {
		o := faulty("truncate client->broker#1 @byte 3")
		o.Path.Reset = ResetDiscards
		x := connected(w, o)
		x.send(x.c, "abcdef")
		b, err := io.ReadAll(x.s)
		x.want(string(b) == "abc", "read %q, want exactly the bytes before the cut", b)
		x.wantError(err, "read", syscall.ECONNRESET, "the end")
	})
}

func TestHalfCloseIsSeenByTheReceiverOnly(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("half-close client->broker#1 @byte 3"))
		x.send(x.c, "abc")
		b, err := io.ReadAll(x.s)
		x.want(string(b) == "abc" && err == nil, "read %q, %v", b, err)
		x.send(x.s, "back")
		x.receive(x.c, "back")
		x.send(x.c, "more")
		_, err = x.c.Write([]byte("more"))
		x.wantError(err, "write", syscall.ECONNRESET, "bytes after the cut are refused")
	})
}

func TestDropEndHidesTheEnd(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("drop-end client->broker#1"))
		x.send(x.c, "abc")
		x.must(x.c.Close(), "close")
		x.receive(x.s, "abc")
		x.must(x.s.SetReadDeadline(w.Now().Add(time.Hour)), "deadline")
		err := x.readError(x.s)
		x.want(errors.Is(err, errDeadline), "the end was seen: %v", err)
		x.send(x.s, "are you there?")
		x.must(x.s.SetReadDeadline(time.Time{}), "deadline")
		x.wantError(x.readError(x.s), "read", syscall.ECONNRESET, "a closed end answers bytes with a reset")
	})
}

func TestDropEndEnds(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("drop-end client->broker#1 for 5s"))
		x.must(x.c.Close(), "close")
		x.want(x.readError(x.s) == io.EOF, "the end comes late")
		x.at(5*time.Second, "late")
	})
}

func TestStallHoldsBytesAndEnd(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("stall client->broker#1 @byte 2 for 3s"))
		x.send(x.c, "abcd")
		x.must(x.c.Close(), "close")
		x.receive(x.s, "ab")
		x.at(0, "bytes before the stall")
		x.send(x.s, "the way back is open")
		x.receive(x.s, "cd")
		x.at(3*time.Second, "bytes after it")
		b, err := io.ReadAll(x.s)
		x.want(len(b) == 0 && (err == nil || errors.Is(err, syscall.ECONNRESET)), "%q, %v", b, err)
	})
}

func TestStallHoldsTheEndAlone(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("stall client->broker#1 for 3s"))
		x.must(x.c.Close(), "close")
		x.want(x.readError(x.s) == io.EOF, "the end")
		x.at(3*time.Second, "comes with the stall's")
	})
}

func TestStallForEverFillsTheSender(t *testing.T) {
	stories(t, func(w *sim.World) {
		o := faulty("stall client->broker#1")
		o.Path.SendBuffer = 10
		x := connected(w, o)
		n, err := x.c.TryWrite(make([]byte, 20))
		x.want(n == 10 && err == nil, "took %d, %v", n, err)
		x.must(x.c.SetWriteDeadline(w.Now().Add(time.Second)), "deadline")
		_, err = x.c.Write([]byte("x"))
		x.want(errors.Is(err, errDeadline), "write into a stall: %v", err)
		x.Heal()
		x.receive(x.s, strings.Repeat("\x00", 10))
	})
}

func TestStallAtTimeHitsNewConnectionsToo(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("stall client->broker @time 1s for 3s"))
		w.Sleep(2 * time.Second)
		c, s := x.connect()
		x.send(c, "new")
		x.send(x.c, "old")
		x.receive(s, "new")
		x.at(4*time.Second, "the end of the stall")
		x.receive(x.s, "old")
	})
}

func TestPartitionIsOneWay(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("partition client->broker @time 1s for 10s"))
		w.Sleep(2 * time.Second)
		x.send(x.c, "held")
		x.send(x.s, "passes")
		x.receive(x.c, "passes")
		x.at(2*time.Second, "the other way is open")
		x.receive(x.s, "held")
		x.at(11*time.Second, "the partition's end")
	})
}

func TestPartitionHasADirection(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("partition client<-broker @time 1s for 10s"))
		w.Sleep(2 * time.Second)
		x.send(x.s, "held")
		x.send(x.c, "passes")
		x.receive(x.s, "passes")
		x.at(2*time.Second, "the way there is open")
		x.receive(x.c, "held")
		x.at(11*time.Second, "the partition's end")
	})
}

func TestPartitionOfOneTriggerHitsItsPathOnly(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("partition *->broker#1 @byte 2 for 5s"))
		x.send(x.c, "ab")
		d, err := x.Host("other").Dial(context.Background(), "tcp", "broker:5672")
		x.must(err, "dial")
		a, err := x.listen.Accept()
		x.must(err, "accept")
		x.send(d.(*Conn), "c")
		x.receive(a.(*Conn), "c")
		x.at(0, "the other host's path is open")
	})
}

func TestPartitionHoldsTheLastPacketOfAHandshake(t *testing.T) {
	stories(t, func(w *sim.World) {
		o := faulty("partition client->broker @time 1500ms for 10s")
		o.Path.Latency = time.Second
		x := listening(w, o)
		_, err := x.Host("client").Dial(context.Background(), "tcp", "broker:5672")
		x.must(err, "dial")
		x.at(2*time.Second, "the dialler has its answer")
		_, err = x.listen.Accept()
		x.must(err, "accept")
		x.at(11500*time.Millisecond, "the listener learns of it at the partition's end")
	})
}

func TestPartitionHoldsDialsInEitherDirection(t *testing.T) {
	for _, arrow := range []string{"->", "<-"} {
		stories(t, func(w *sim.World) {
			x := listening(w, faulty("partition client"+arrow+"broker for 10s"))
			_, err := x.Host("client").Dial(context.Background(), "tcp", "broker:5672")
			x.must(err, "dial")
			x.at(10*time.Second, arrow)
		})
	}
}

func TestPartitionSwallowsResets(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("partition client->broker for 10s @time 1s"))
		w.Sleep(2 * time.Second)
		x.must(x.c.SetLinger(0), "linger")
		x.must(x.c.Close(), "close")
		w.Sleep(20 * time.Second)
		x.must(x.s.SetReadDeadline(w.Now().Add(time.Second)), "deadline")
		x.want(errors.Is(x.readError(x.s), errDeadline), "the peer does not know")
		x.send(x.s, "hello?")
		x.wantError(func() error { _, err := x.s.Write([]byte("x")); return err }(), "write", syscall.ECONNRESET, "until it asks")
	})
}

func TestPartitionTriggeredByOneConnectionHitsAll(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("partition client->broker#1 @byte 2 for 5s"))
		c, s := x.connect()
		x.send(x.c, "ab")
		x.send(c, "held")
		x.receive(s, "held")
		x.at(5*time.Second, "the partition's end")
	})
}

func TestDelayAddsLatency(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("delay client->broker#1 by 2s @byte 1 for 3s"))
		x.send(x.c, "a")
		x.receive(x.s, "a")
		x.at(0, "before the fault")
		x.send(x.c, "b")
		x.receive(x.s, "b")
		x.at(2*time.Second, "while it acts")
		w.Sleep(2 * time.Second)
		x.send(x.c, "c")
		x.receive(x.s, "c")
		x.at(4*time.Second, "after it")
	})
}

func TestRefuseTheFirstDial(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, faulty("refuse client->broker#1"))
		x.wantError(x.dialError(context.Background(), "broker:5672"), "dial", syscall.ECONNREFUSED, "first dial")
		x.connect()
	})
}

func TestBlackHoleSwallowsDials(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, faulty("black-hole client->broker @time 0s for 10s"))
		ctx, cancel := w.WithTimeout(context.Background(), time.Second)
		defer cancel()
		x.wantError(x.dialError(ctx, "broker:5672"), "dial", context.DeadlineExceeded, "dial into a black hole")
		x.connect()
		x.at(10*time.Second, "a dial that waits gets through when it is healed")
	})
}

func TestSlowAccept(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, faulty("slow-accept client->broker#1 by 3s"))
		d, err := x.Host("client").Dial(context.Background(), "tcp", "broker:5672")
		x.must(err, "dial")
		x.at(0, "the dialler does not wait")
		x.send(d.(*Conn), "hello")
		a, err := x.listen.Accept()
		x.must(err, "accept")
		x.at(3*time.Second, "Accept does")
		x.receive(a.(*Conn), "hello")
	})
}

// after returns a predicate that fires behind the first occurrence of word.
func after(word string) func() Predicate {
	return func() Predicate {
		var seen []byte
		return func(p []byte) int {
			before := len(seen)
			seen = append(seen, p...)
			if len(seen) > len("begin attach transfer") {
				panic("the predicate sees bytes twice: " + string(seen))
			}
			if i := bytes.Index(seen, []byte(word)); i >= 0 {
				return i + len(word) - before
			}
			return -1
		}
	}
}

func TestPredicateFindsItsPlace(t *testing.T) {
	for _, split := range []Split{SplitWhole, SplitBytes} {
		stories(t, func(w *sim.World) {
			o := faulty("truncate client->broker @when attach")
			o.Path.Split = split
			o.Path.ReceiveBuffer = 5 // the predicate sees small pieces
			o.Predicates = map[string]func() Predicate{"attach": after("attach")}
			x := connected(w, o)
			w.Go("writer", func() { x.c.Write([]byte("begin attach transfer")) })
			b, err := io.ReadAll(x.s)
			x.want(string(b) == "begin attach", "read %q", b)
			x.wantError(err, "read", syscall.ECONNRESET, "the end")
		})
	}
}

func TestFaultsAtOnePlaceActInOrderOfThePlan(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("stall client->broker @byte 2 for 1s", "truncate client->broker @byte 2"))
		x.send(x.c, "abcd")
		b, err := io.ReadAll(x.s)
		x.want(string(b) == "ab" && errors.Is(err, syscall.ECONNRESET), "%q, %v", b, err)
	})
}

func TestInjectDuringTheRun(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{Path: Path{Reset: ResetKeeps}})
		x.send(x.c, "abc")
		x.Inject(MustParseFault("truncate client->broker#1 @byte 5"))
		x.send(x.c, "def")
		b, err := io.ReadAll(x.s)
		x.want(string(b) == "abcde" && errors.Is(err, syscall.ECONNRESET), "%q, %v", b, err)
		c, s := x.connect()
		x.Inject(MustParseFault("reset client->broker#2 @time 0s"))
		x.wantError(x.readError(c), "read", syscall.ECONNRESET, "a time that has passed is now")
		x.wantError(x.readError(s), "read", syscall.ECONNRESET, "at both ends")
	})
}

func TestHealDisarms(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty("reset client->broker @byte 3", "reset client->broker @time 1h",
			"partition *->* @time 1m", "refuse client->broker#2", "delay client->broker by 1s"))
		x.Heal()
		x.send(x.c, "abcdef")
		x.receive(x.s, "abcdef")
		x.connect()
		x.at(0, "nothing was delayed")
		w.Sleep(2 * time.Hour)
		x.send(x.c, "still there")
		x.receive(x.s, "still there")
	})
}

func TestFaultsAreInTheHistory(t *testing.T) {
	r := story(t, 1, func(w *sim.World) {
		x := connected(w, faulty("stall *->broker @byte 2 for 1s", "refuse client->broker#2", "reset client->broker @byte 999"))
		x.send(x.c, "abc")
		x.receive(x.s, "abc")
		x.dialError(context.Background(), "broker:5672")
	})
	if r.Failure != nil {
		t.Fatal(r.Failure)
	}
	var got []string
	for _, e := range r.History.Events {
		if e.Kind == history.Fault {
			got = append(got, fmt.Sprintf("%s %d: %s", e.Name, e.Count, e.Text))
		}
	}
	want := []string{
		"stall 2: stall *->broker @byte 2 for 1s on client->broker#1",
		"refuse 0: refuse client->broker#2 on client->broker#2",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("history has %q, want %q: only faults that acted", got, want)
	}
}

func TestUnknownPredicateIsAPanicOfNew(t *testing.T) {
	r := story(t, 1, func(w *sim.World) { New(w, faulty("reset a->b @when nonsense")) })
	if r.Failure == nil || r.Failure.Kind != sim.Panicked || !strings.Contains(r.Failure.Error(), `unknown predicate "nonsense"`) {
		t.Errorf("%v", r.Failure)
	}
}
