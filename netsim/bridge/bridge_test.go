package bridge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim"
)

// scene is a network with a bridge on it.
type scene struct {
	*netsim.Network
	*Bridge
	w      *sim.World
	listen net.Listener
}

// play runs body in a bubble and returns the result.
func play(t *testing.T, seed uint64, body func(x *scene)) sim.Result {
	t.Helper()
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	s := &sim.Scenario{Name: t.Name(), Host: Host, Run: func(w *sim.World) {
		x := &scene{Network: netsim.New(w, netsim.Options{}), Bridge: New(w, Options{}), w: w}
		defer x.Close()
		body(x)
		if x.listen != nil {
			x.listen.Close()
		}
	}}
	return sim.Execute(w, s, sim.RunConfig{Seed: seed, Keep: true, EarlyClock: -1})
}

// stories plays body under a few seeds; no run may fail.
func stories(t *testing.T, body func(x *scene)) {
	t.Helper()
	for seed := uint64(1); seed <= 20; seed++ {
		if r := play(t, seed, body); r.Failure != nil {
			t.Fatalf("seed %d: %v", seed, r.Failure)
		}
	}
}

func (x *scene) must(err error, what string) {
	if err != nil {
		x.w.Fail("test", "%s: %v", what, err)
	}
}

func (x *scene) want(ok bool, sentence string, args ...any) {
	if !ok {
		x.w.Fail("test", sentence, args...)
	}
}

// echo answers lines in capitals, with threads of the World.
func (x *scene) echo() {
	l, err := x.Host("broker").Listen("tcp", ":7")
	x.must(err, "listen")
	x.listen = l
	x.w.Go("echo", func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			x.w.Go("conn", func() {
				r := bufio.NewReader(c)
				for {
					line, err := r.ReadString('\n')
					if err != nil {
						c.Close()
						return
					}
					io.WriteString(c, strings.ToUpper(line))
				}
			})
		}
	})
}

func TestGoroutineTalksToThread(t *testing.T) {
	stories(t, func(x *scene) {
		x.echo()
		var got string
		app := x.Go("app", func(g *Gate) {
			c, err := g.Dial(x.Host("client"), "broker:7")
			g.Sim(func() { x.must(err, "dial") })
			r := bufio.NewReader(c)
			for _, word := range []string{"one\n", "two\n"} {
				g.Do(func() { io.WriteString(c, word) })
				line, _ := r.ReadString('\n')
				got += line
			}
			g.Do(func() { c.Close() })
		})
		app.Join()
		x.want(got == "ONE\nTWO\n", "got %q", got)
	})
}

func TestClocksAreOne(t *testing.T) {
	stories(t, func(x *scene) {
		x.SetPaths("client", "broker", netsim.Path{Latency: time.Second})
		x.echo()
		app := x.Go("app", func(g *Gate) {
			begin := time.Now()
			c, _ := g.Dial(x.Host("client"), "broker:7")
			g.Do(func() { io.WriteString(c, "a\n") })
			c.Read(make([]byte, 9))
			if d := time.Since(begin); d != 4*time.Second {
				panic(fmt.Sprint("dial and echo took ", d, " of the stack's time"))
			}
			time.Sleep(time.Minute)
			g.Sim(func() { x.want(x.w.Elapsed() >= 64*time.Second, "the World's clock shows %v", x.w.Elapsed()) })
			g.Sim(func() { x.w.Sleep(time.Minute) })
			if d := time.Since(begin); d < 124*time.Second {
				panic(fmt.Sprint("the stack's clock shows ", d))
			}
		})
		app.Join()
	})
}

func TestStackTimersFireWhileTheWorldWaits(t *testing.T) {
	stories(t, func(x *scene) {
		ticks := 0
		x.Go("ticker", func(g *Gate) {
			tick := time.NewTicker(300 * time.Millisecond)
			defer tick.Stop()
			for range 10 {
				<-tick.C
				g.Do(func() { ticks++ })
			}
		}).Join()
		x.want(ticks == 10 && x.w.Elapsed() >= 3*time.Second, "%d ticks at %v", ticks, x.w.Elapsed())
	})
}

func TestDeadlinesOfABridgedConn(t *testing.T) {
	stories(t, func(x *scene) {
		x.echo()
		x.Go("app", func(g *Gate) {
			c, _ := g.Dial(x.Host("client"), "broker:7")
			c.SetReadDeadline(time.Now().Add(time.Second))
			_, err := c.Read(make([]byte, 1))
			var ne net.Error
			if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &ne) || !ne.Timeout() {
				panic(err)
			}
			c.SetDeadline(time.Time{})
			g.Do(func() { io.WriteString(c, "x\n") })
			if _, err := c.Read(make([]byte, 9)); err != nil {
				panic(err)
			}
			c.SetWriteDeadline(time.Now().Add(-1))
			if _, err := c.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
				panic(err)
			}
			c.Close()
			for _, err := range []error{c.Close(), c.SetDeadline(time.Time{}), second(c.Read(nil)), second(c.Write(nil))} {
				if !errors.Is(err, net.ErrClosed) {
					panic(err)
				}
			}
		}).Join()
	})
}

func second(_ int, err error) error { return err }

func TestFaultsReachTheStack(t *testing.T) {
	stories(t, func(x *scene) {
		x.Inject(netsim.MustParseFault("truncate client<-broker#1 @byte 3"))
		x.echo()
		var got string
		var end error
		x.Go("app", func(g *Gate) {
			c, _ := g.Dial(x.Host("client"), "broker:7")
			g.Do(func() { io.WriteString(c, "hello\n") })
			b, err := io.ReadAll(c)
			got, end = string(b), err
			for err = nil; err == nil; {
				g.Do(func() { _, err = c.Write([]byte("x")) })
			}
		}).Join()
		x.want(got == "HEL" && strings.Contains(end.Error(), "reset"), "%q, %v", got, end)
	})
}

func TestHalfCloseCrossesTheBridge(t *testing.T) {
	stories(t, func(x *scene) {
		l, err := x.Host("broker").Listen("tcp", ":7")
		x.must(err, "listen")
		app := x.Go("app", func(g *Gate) {
			c, _ := g.Dial(x.Host("client"), "broker:7")
			g.Do(func() { io.WriteString(c, "all there is") })
			g.Do(func() { c.(*Conn).CloseWrite() })
			if b, err := io.ReadAll(c); string(b) != "thanks" || err != nil {
				panic(fmt.Sprint(string(b), err))
			}
		})
		c, err := l.Accept()
		x.must(err, "accept")
		b, err := io.ReadAll(c)
		x.want(string(b) == "all there is" && err == nil, "%q, %v", b, err)
		io.WriteString(c, "thanks")
		x.must(c.Close(), "close")
		app.Join()
	})
}

func TestCloseWithUnreadBytesResetsThePeer(t *testing.T) {
	stories(t, func(x *scene) {
		l, err := x.Host("broker").Listen("tcp", ":7")
		x.must(err, "listen")
		app := x.Go("app", func(g *Gate) {
			c, _ := g.Dial(x.Host("client"), "broker:7")
			c.Read(make([]byte, 1)) // of two
			g.Do(func() { c.Close() })
		})
		c, err := l.Accept()
		x.must(err, "accept")
		io.WriteString(c, "ab")
		app.Join()
		_, err = io.ReadAll(c)
		x.want(err != nil && strings.Contains(err.Error(), "reset"), "%v", err)
	})
}

func TestStackListensAndDialsByItself(t *testing.T) {
	stories(t, func(x *scene) {
		broker, client := x.Transport(x.Host("broker")), x.Transport(x.Host("client"))
		server := x.Go("server", func(g *Gate) {
			l, err := broker.Listen("tcp", "broker:7")
			if err != nil {
				panic(err)
			}
			if _, err := broker.Listen("tcp", "broker:7"); err == nil {
				panic("listened twice")
			}
			for range 2 {
				c, err := l.Accept()
				if err != nil {
					panic(err)
				}
				go func() { io.Copy(c, c); c.Close() }() // unknown to the World
			}
			l.Close()
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				panic(err)
			}
		})
		for i := range 2 {
			x.Go("client", func(g *Gate) {
				time.Sleep(time.Duration(i+1) * time.Second)
				c, err := client.Dial(context.Background(), "tcp", "broker:7")
				if err != nil {
					panic(err)
				}
				g.Do(func() { io.WriteString(c, "ping") })
				b := make([]byte, 4)
				if _, err := io.ReadFull(c, b); err != nil || string(b) != "ping" {
					panic(fmt.Sprint(string(b), err))
				}
				c.Close()
			}).Join()
		}
		server.Join()
	})
}

func TestDialOfTheStackEndsWithItsContext(t *testing.T) {
	stories(t, func(x *scene) {
		x.Inject(netsim.MustParseFault("black-hole client->broker"))
		x.echo()
		client := x.Transport(x.Host("client"))
		x.Go("app", func(g *Gate) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			if _, err := client.Dial(ctx, "tcp", "broker:7"); !errors.Is(err, context.Canceled) {
				panic(err)
			}
		}).Join()
	})
}

func TestRecordKeepsItsOrder(t *testing.T) {
	stories(t, func(x *scene) {
		var got []string
		app := x.Go("app", func(g *Gate) {
			g.Do(func() {
				for i := range 8 {
					go x.Record(fmt.Sprint("key ", i), func() { got = append(got, fmt.Sprint(i)) })
				}
			})
			time.Sleep(time.Millisecond)
		})
		app.Join()
		x.want(strings.Join(got, "") == "01234567", "recorded in order %v", got)
	})
}

func TestPanicBehindAGateIsTheThreads(t *testing.T) {
	r := play(t, 1, func(x *scene) {
		x.Go("app", func(g *Gate) { g.Do(func() { panic("out of cheese") }) }).Join()
	})
	if r.Failure == nil || r.Failure.Kind != sim.Panicked || !strings.Contains(r.Failure.Error(), "out of cheese") ||
		!strings.Contains(r.Failure.Error(), "bridge_test.go") {
		t.Errorf("%v", r.Failure)
	}
}

// neverReturn is a call of a stack that hangs. Nothing can end its goroutine.
func neverReturn() { <-make(chan int) }

func TestCallThatNeverReturnsIsReported(t *testing.T) {
	r := play(t, 1, func(x *scene) {
		x.Go("app", func(g *Gate) { g.Do(neverReturn) }).Join()
	})
	if r.Failure == nil || r.Failure.Kind != sim.Deadlock || !strings.Contains(r.Failure.Error(), "gate app") {
		t.Errorf("%v", r.Failure)
	}
}

func TestForgottenGoroutineIsALeak(t *testing.T) {
	r := play(t, 1, func(x *scene) {
		x.Go("app", func(g *Gate) { g.Do(func() { go neverReturn() }) }).Join()
	})
	if r.Failure == nil || r.Failure.Kind != sim.Leak || !strings.Contains(r.Failure.Error(), "goroutines of the foreign stack are left") {
		t.Errorf("%v", r.Failure)
	}
}

func TestStackThatDoesNotRestIsFound(t *testing.T) {
	outside := make(chan int)
	entered := make(chan bool, 1)
	over := make(chan bool, 1)
	func() {
		defer func() {
			p, ok := recover().(*PanicError)
			if !ok || !strings.Contains(p.Error(), "has not come to rest") || !strings.Contains(p.Stack, "TestStackThatDoesNotRest") {
				t.Errorf("%v", p)
			}
		}()
		host(func(h *sim.Host) {
			entered <- true
			<-outside
			over <- true
		}, 20*time.Millisecond)
	}()
	<-entered
	close(outside)
	<-over
}

func TestAFailedRunLeavesNothing(t *testing.T) {
	r := play(t, 1, func(x *scene) {
		x.echo()
		x.Go("app", func(g *Gate) {
			c, _ := g.Dial(x.Host("client"), "broker:7")
			go func() { // a stack's reader
				for {
					if _, err := c.Read(make([]byte, 1)); err != nil {
						return
					}
				}
			}()
			for {
				g.Do(func() { io.WriteString(c, "x\n") })
			}
		})
		x.w.Sleep(time.Second)
		x.w.Fail("test", "enough")
	})
	if r.Failure == nil || r.Failure.Kind != sim.Broken {
		t.Errorf("%v", r.Failure)
	}
}

func TestNewNeedsABubble(t *testing.T) {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	r := sim.Execute(w, &sim.Scenario{Name: "bare", Run: func(w *sim.World) { New(w, Options{}) }}, sim.RunConfig{})
	if r.Failure == nil || !strings.Contains(r.Failure.Error(), "Scenario.Host") {
		t.Errorf("%v", r.Failure)
	}
}

func TestPanicOfTheHarnessIsPassedOn(t *testing.T) {
	defer func() {
		if p, ok := recover().(*PanicError); !ok || p.Value != "kernel fault" || !strings.Contains(p.Error(), "bridge_test.go") {
			t.Errorf("%v", p)
		}
	}()
	Host(func(*sim.Host) { panic("kernel fault") })
}

func TestBubbleInABubble(t *testing.T) {
	defer func() {
		if p, ok := recover().(*PanicError); !ok || !strings.Contains(p.Error(), "bubble") {
			t.Errorf("%v", p)
		}
	}()
	var err error
	err = Host(func(*sim.Host) { err = Host(func(*sim.Host) {}) })
	t.Errorf("no panic: %v", err)
}
