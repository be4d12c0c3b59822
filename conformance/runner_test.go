package conformance

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/collider-amqp/collider/conformance/internal/memnet"
	"github.com/collider-amqp/collider/conformance/internal/reference"
	"github.com/collider-amqp/collider/conformance/peer"
)

// bench is a target that can be taken down and put up again.
type bench struct {
	mu     sync.Mutex
	l      *memnet.Listener
	server *reference.Server
	served sync.WaitGroup
}

func (b *bench) up(cfg reference.Config) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, s := memnet.Listen(), reference.New(cfg)
	b.l, b.server = l, s
	b.served.Add(1)
	go func() { defer b.served.Done(); s.Serve(l) }()
}

func (b *bench) down() {
	b.mu.Lock()
	s := b.server
	b.mu.Unlock()
	s.Close()
}

func (b *bench) target() Target {
	return Target{Name: "bench", Dial: func(ctx context.Context) (net.Conn, error) {
		b.mu.Lock()
		l := b.l
		b.mu.Unlock()
		return l.Dial(ctx)
	}}
}

// onBench runs a test with a target that is up, in virtual time.
func onBench(t *testing.T, f func(t *testing.T, b *bench, r *Runner)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{}
		b.up(reference.Config{})
		defer func() { b.down(); b.served.Wait() }()
		r, err := NewRunner(context.Background(), b.target(), Options{Timeout: time.Second, Patience: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		f(t, b, r)
	})
}

func scripted(id string, run func(*Run) Verdict) Case {
	return rule(id, Must, "A rule.", Case{Role: Server, Title: "a case", Run: run})[0]
}

func results(t *testing.T, r *Runner, cases ...Case) []Result {
	t.Helper()
	var all []Result
	if err := r.Run(context.Background(), cases, func(res Result) { all = append(all, res) }); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAccusationsAreRepeated(t *testing.T) {
	for _, k := range []struct {
		name string
		say  []Outcome
		want Outcome
		runs int
	}{
		{"right", []Outcome{OK}, OK, 1},
		{"not strict", []Outcome{NonStrict}, NonStrict, 1},
		{"wrong twice", []Outcome{Failed, Failed}, Failed, 2},
		{"wrong once", []Outcome{Failed, OK}, Inconclusive, 2},
	} {
		t.Run(k.name, func(t *testing.T) {
			onBench(t, func(t *testing.T, _ *bench, r *Runner) {
				runs := 0
				res := results(t, r, scripted("9.9-x-1", func(r *Run) Verdict {
					runs++
					r.Opened(nil)
					return verdict(k.say[runs-1], "run %d", runs)
				}))[0]
				if res.Verdict.Outcome != k.want || runs != k.runs {
					t.Errorf("got %v after %d runs", res.Verdict, runs)
				}
				if twice := res.First != nil; twice != (k.runs == 2) {
					t.Errorf("the first log is kept: %t", twice)
				}
				if k.want == Inconclusive && !strings.Contains(res.Verdict.Reason, "flaky: first FAILED (run 1), then alone OK (run 2)") {
					t.Errorf("reason: %s", res.Verdict.Reason)
				}
				if res.Closing == nil || !res.Closing.Clean() {
					t.Errorf("closing: %v", res.Closing)
				}
			})
		})
	}
}

func TestTargetThatStaysDown(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, r *Runner) {
		ran := false
		all := results(t, r,
			scripted("9.9-x-1", func(*Run) Verdict { b.down(); return pass() }),
			scripted("9.9-x-2", func(*Run) Verdict { ran = true; return pass() }))
		if got := all[0].Verdict; got.Outcome != Crash || !strings.Contains(got.Reason, "connection refused") {
			t.Errorf("got %v: %s", got, got.Reason)
		}
		if got := all[1].Verdict; got.Outcome != Inconclusive || !strings.Contains(got.Reason, "9.9-x-1@srv") || ran {
			t.Errorf("got %v: %s, ran %t", got, got.Reason, ran)
		}
	})
}

func TestTargetThatComesBack(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, r *Runner) {
		runs := 0
		kill := func(*Run) Verdict {
			if runs++; runs <= 2 {
				b.down()
				b.served.Add(1)
				go func() {
					defer b.served.Done()
					time.Sleep(time.Second)
					b.up(reference.Config{})
				}()
			}
			return failed("and it is wrong, too")
		}
		all := results(t, r, scripted("9.9-x-1", kill), scripted("9.9-x-2", func(r *Run) Verdict { r.Opened(nil); return pass() }))
		if got := all[0].Verdict; got.Outcome != Crash || runs != 2 || !strings.Contains(got.Reason, "and it is wrong, too") {
			t.Errorf("got %v after %d runs: %s", got, runs, got.Reason)
		}
		if got := all[1].Verdict; got.Outcome != OK {
			t.Errorf("the next case: %v: %s", got, got.Reason)
		}
	})
}

func TestScriptsThatStopOrPanic(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, r *Runner) {
		all := results(t, r,
			scripted("9.9-x-1", func(r *Run) Verdict { r.Stop(info("left", "early")); return failed("not reached") }),
			scripted("9.9-x-2", func(r *Run) Verdict { panic("a bug of the suite") }),
			scripted("9.9-x-3", func(r *Run) Verdict { r.need(errors.New("no session")); return pass() }))
		if got := all[0]; got.Verdict.String() != "INFO (left)" || got.Err != nil || got.Closing != nil {
			t.Errorf("got %v, %v", got.Verdict, got.Err)
		}
		var p *PanicError
		if got := all[1]; got.Verdict.Outcome != Inconclusive || !errors.As(got.Err, &p) || p.Case != "9.9-x-2@srv" || len(p.Stack) == 0 {
			t.Errorf("got %v, %v", got.Verdict, got.Err)
		}
		if got := all[2]; got.Verdict.Outcome != Inconclusive || !strings.Contains(got.Verdict.Reason, "no session") {
			t.Errorf("got %v: %s", got.Verdict, got.Verdict.Reason)
		}
	})
}

func TestNeeds(t *testing.T) {
	p := Profile{Raw: true, MaxFrameSize: 512, ChannelMax: 0}
	q := Profile{MaxFrameSize: 4294967295, ChannelMax: 65535, Mechanisms: []string{"PLAIN"}}
	for n, want := range map[Need][2]bool{
		NeedRaw: {true, false}, NeedChannelMax: {true, false}, NeedFrameMax: {true, false},
		NeedBigFrames: {false, true}, NeedTwoChannels: {false, true}, NeedSASL: {false, true},
	} {
		if got := [2]bool{p.has(n), q.has(n)}; got != want {
			t.Errorf("%s: got %v, want %v", n, got, want)
		}
	}
	onBench(t, func(t *testing.T, _ *bench, r *Runner) {
		r.profile.Mechanisms = nil
		k := scripted("9.9-x-1", func(*Run) Verdict { return pass() })
		k.Need = []Need{NeedRaw, NeedSASL}
		if got := results(t, r, k)[0]; got.Verdict.Outcome != Skipped || !strings.Contains(got.Verdict.Reason, string(NeedSASL)) || got.Log != nil {
			t.Errorf("got %v: %s", got.Verdict, got.Verdict.Reason)
		}
	})
}

func TestWatchersSeeAllConnectionsAndComeLast(t *testing.T) {
	onBench(t, func(t *testing.T, _ *bench, r *Runner) {
		seen := 0
		w := scripted("9.9-x-1", func(r *Run) Verdict { r.Opened(nil); return pass() })
		w.Watch = func(c *peer.Conn) string {
			if seen++; seen == 2 {
				return "the second connection"
			}
			return ""
		}
		two := func(r *Run) Verdict { r.Opened(nil); r.Opened(nil); return pass() }
		all := results(t, r, w, scripted("9.9-x-2", two))
		if seen != 3 || len(all) != 2 || all[1].Case.ID != "9.9-x-1@srv" {
			t.Fatalf("%d connections seen, %d results", seen, len(all))
		}
		got := all[1]
		if got.Verdict.Outcome != Failed || !strings.Contains(got.Verdict.Reason, "3 connections seen; in 9.9-x-2@srv: the second connection") || got.Log == nil {
			t.Errorf("got %v: %s", got.Verdict, got.Verdict.Reason)
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	onBench(t, func(t *testing.T, _ *bench, r *Runner) {
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(context.Background())
		n := 0
		cases := []Case{
			scripted("9.9-x-1", func(*Run) Verdict { cancel(cause); return pass() }),
			scripted("9.9-x-2", func(*Run) Verdict { return pass() }),
		}
		if err := r.Run(ctx, cases, func(Result) { n++ }); !errors.Is(err, cause) || n != 1 {
			t.Errorf("%v after %d cases", err, n)
		}
	})
}

func TestDiscover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, k := range map[string]struct {
			cfg      reference.Config
			security Security
			cred     peer.Credentials
			want     string // in the error, or in the profile
		}{
			"plain":            {reference.Config{}, SecurityAuto, peer.Credentials{}, "no SASL layer, max-frame-size 65536, channel-max 255"},
			"sasl by itself":   {reference.Config{SASL: true}, SecurityAuto, peer.Credentials{}, `container-id "reference", SASL layer`},
			"sasl on demand":   {reference.Config{}, SecuritySASL, Anonymous(), `container-id "reference", SASL layer`},
			"sasl refused":     {reference.Config{SASL: true}, SecurityNone, peer.Credentials{}, "choose with -sasl"},
			"wrong mechanism":  {reference.Config{SASL: true}, SecuritySASL, Plain("a", "secret"), "does not offer"},
			"wrong everything": {reference.Config{SASL: true}, SecurityAuto, Plain("a", "secret"), "without SASL"},
		} {
			b := &bench{}
			b.up(k.cfg)
			target := b.target()
			target.Security, target.Credentials = k.security, k.cred
			p, err := Discover(context.Background(), target, time.Second)
			got := p.String()
			var e *UnreachableError
			if err != nil {
				got = err.Error()
				if !errors.As(err, &e) {
					t.Errorf("%s: %T", name, err)
				}
			}
			if !strings.Contains(got, k.want) || strings.Contains(got, "secret") {
				t.Errorf("%s: %q is not in %q", name, k.want, got)
			}
			if err == nil && len(p.Mechanisms) != 1 {
				t.Errorf("%s: mechanisms %v", name, p.Mechanisms)
			}
			b.down()
			b.served.Wait()
		}
		b := &bench{l: memnet.Listen()}
		b.l.Close()
		_, err := NewRunner(context.Background(), b.target(), Options{})
		if err == nil || !strings.Contains(err.Error(), "start the server first") {
			t.Errorf("nothing listens: %v", err)
		}
	})
}
