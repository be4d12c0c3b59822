package sim

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/collider-amqp/collider/sim/choice"
)

// Strategy decides which thread makes the next step. One value serves one World
// at a time and many runs in a row; everything that it does in a run must follow
// from RunInfo and from what it is told in the run.
//
// A strategy may also have the methods of Follower, Clocker, Chooser, Planner,
// Marker, Exiter, Ender, Replacer and Selector, and is then asked or told more.
type Strategy interface {
	// Name is the strategy's name with its parameters, as "pct:3".
	Name() string
	// Begin starts a run.
	Begin(r *RunInfo)
	// Spawn tells of a new thread; parent is nil for main, and the thread that
	// set the timer for a timer's function.
	Spawn(t, parent *Thread)
	// Pick returns the element of run that makes the next step, namely t.Op(). It
	// is asked only if run has more than one element. last is the thread that
	// made the last step or has just ended; it need not be in run, and is nil at
	// first. The order of run means nothing; run must not be changed or kept.
	Pick(run []*Thread, last *Thread) *Thread
}

// RunInfo is what a strategy is told at the start of a run.
type RunInfo struct {
	// Seed of the run.
	Seed uint64
	// Stream is the entropy of the schedule.
	Stream choice.Stream
	// Estimates of the run's size; zero fields are unknown.
	Estimates Estimates
	// Steps is the budget.
	Steps uint64

	_ struct{}
}

// Estimates are what profile runs of a scenario told about its size. They belong
// to RunConfig and so to the identity of a run: they must come from fixed profile
// seeds, never from the runs before.
type Estimates struct {
	// Choices is the number of steps with more than one thread to choose from.
	Choices uint64
	// Steps is the number of steps.
	Steps uint64
	// Threads is the number of threads.
	Threads int
	// Profile tells what the threads do; nil is unknown.
	Profile *Profile

	_ struct{}
}

// Follower is a Strategy that may want to be asked at each step, because it counts
// them: also if run has one element only, which Pick must return then.
type Follower interface {
	// Follow is asked once, before Begin.
	Follow() bool
}

// Clocker is a Strategy that decides when the clock moves although a thread can
// run; else the World draws that by RunConfig.EarlyClock.
type Clocker interface {
	// MoveClock is asked before each step at which timers are pending. If it
	// returns true the earliest ones fire and it is asked again.
	MoveClock(run []*Thread) bool
}

// Chooser is a Strategy that decides which of several ready cases a Select takes;
// else the thread's own stream does.
type Chooser interface {
	// Choose returns a number in [0, n), or a negative one to leave it to the stream;
	// n is at least 2. What it decides is recorded as a segment of choice.Case.
	Choose(t *Thread, n int) int
}

// Marker is a Strategy that is told of World.Mark.
type Marker interface{ Mark() }

// Exiter is a Strategy that is told when a thread has ended.
type Exiter interface{ Exit(t *Thread) }

// Ender is a Strategy that is told of the result of each run.
type Ender interface{ End(r *Result) }

// Replacer is a Strategy that is told when the kernel makes the rest of the run
// fair: it goes on being told of threads, and is asked no more.
type Replacer interface{ Replaced() }

// Selector is a Strategy that only chooses, at the start of each run, the one
// that decides.
type Selector interface {
	// Select returns the strategy of this run; the World calls its Begin.
	Select(r *RunInfo) Strategy
}

// StrategyNames is the list of names that ParseStrategy knows, for messages.
const StrategyNames = "auto, surw, pos, urw, pct:D, random, sticky:N, starve, rr:N, dfs:P[:F], delay:D[:F] or feedback"

// ParseStrategy returns a new strategy of the given name: auto, surw, pos, urw, pct
// or pct:D, random, sticky or sticky:N, starve, rr or rr:N, dfs:P, delay:D or
// feedback. N and D start at 1; without D, PCT draws its depth for each run. dfs and
// delay give a *Search, with at most P preemptions or D delays, from 0, and, as in
// dfs:2:1, so many faults; feedback
// gives a *Feedback.
func ParseStrategy(name string) (Strategy, error) {
	base, arg, hasArg := strings.Cut(name, ":")
	if base == "dfs" || base == "delay" {
		return parseSearch(name, base, arg)
	}
	n := 0
	if hasArg {
		var err error
		if n, err = strategyNumber(name, arg, 1); err != nil {
			return nil, err
		}
	}
	switch base {
	case "pct":
		return PCT(n), nil
	case "sticky":
		return Sticky(n), nil
	case "rr":
		return RoundRobin(n), nil
	}
	if s := plainStrategy(name); s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("sim: unknown strategy %q (want %s)", name, StrategyNames)
}

// parseSearch reads the bounds of a search, P or P:F.
func parseSearch(name, base, arg string) (Strategy, error) {
	if arg == "" {
		return nil, fmt.Errorf("sim: strategy %q needs a bound, as in %s:2", name, base)
	}
	arg, faults, hasFaults := strings.Cut(arg, ":")
	n, err := strategyNumber(name, arg, 0)
	if err != nil {
		return nil, err
	}
	f := 0
	if hasFaults {
		if f, err = strategyNumber(name, faults, 0); err != nil {
			return nil, err
		}
	}
	if base == "delay" {
		return SearchDelays(n).WithFaults(f), nil
	}
	return SearchPreemptions(n).WithFaults(f), nil
}

// strategyNumber reads the number of a strategy's name.
func strategyNumber(name, text string, least int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > 1000 {
		return 0, fmt.Errorf("sim: strategy %q: the number must be from %d to 1000", name, least)
	}
	return n, nil
}

// plainStrategy returns the strategy of a name without parameter, nil if none.
func plainStrategy(name string) Strategy {
	switch name {
	case "auto":
		return Auto()
	case "surw":
		return SURW()
	case "pos":
		return POS()
	case "urw":
		return URW()
	case "random":
		return Random()
	case "starve":
		return Starve()
	case "feedback":
		return NewFeedback()
	}
	return nil
}

// strategyHooks are the optional methods of the strategy at work.
type strategyHooks struct {
	strategy Strategy
	clock    Clocker
	choose   Chooser
	mark     Marker
	exit     Exiter
	end      Ender
	replay   *replay
	fair     randomWalk
}

func (h *strategyHooks) spawn(t, parent *Thread) { h.strategy.Spawn(t, parent) }

// use makes s the strategy of the run.
func (w *World) use(s Strategy, r *RunInfo) {
	h := &w.hooks
	fair := h.fair
	*h = strategyHooks{fair: fair}
	h.end, _ = s.(Ender)
	if sel, ok := s.(Selector); ok {
		s = sel.Select(r)
	}
	h.strategy = s
	h.clock, _ = s.(Clocker)
	h.choose, _ = s.(Chooser)
	h.mark, _ = s.(Marker)
	h.exit, _ = s.(Exiter)
	h.replay, _ = s.(*replay)
	w.strategy = s
	f, follows := s.(Follower)
	w.every = h.replay != nil || follows && f.Follow()
	s.Begin(r)
}

// useFair lets a random walk decide from here on. The strategy goes on being told
// of threads, and is asked no more.
func (w *World) useFair() {
	h := &w.hooks
	h.fair.stream = choice.New(w.seed, "fair", 0)
	h.clock, h.choose = nil, nil
	w.strategy = &h.fair
	if r, ok := h.strategy.(Replacer); ok {
		r.Replaced()
	}
	w.watchChoices()
	w.every = false
	w.clock.makeFair(w.seed)
	if w.limits.goal.open() {
		w.clock.makePatient()
	}
}
