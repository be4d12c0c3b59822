package shrink

import (
	"context"
	"slices"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/runner"
)

const (
	defaultReplays = 50_000
	defaultTime    = 20 * time.Second
)

// candidate is a run that may fail in the same way as the file's.
type candidate struct {
	seed     uint64
	params   []int64   // in the scenario's order
	plans    sim.Plans // nil lists are as the scenario draws them
	schedule choice.Schedule
}

// hash tells candidates apart that have been tried.
func (c *candidate) hash() uint64 {
	h := choice.Derive(c.seed, "candidate", choice.Hash(c.schedule.String()))
	for i, v := range c.params {
		h = choice.Derive(h, "param", uint64(v)+uint64(i)<<56)
	}
	for kind, items := range c.plans {
		h = choice.Derive(h, "plan", uint64(kind))
		if items == nil { // drawn, which is not the plan of nothing
			h = choice.Derive(h, "drawn", uint64(kind))
		}
		for _, item := range items {
			h = choice.Derive(h, "item", choice.Hash(item))
		}
	}
	return h
}

// search looks for a smaller failing run.
type search struct {
	ctx    context.Context
	s      *sim.Scenario
	file   *runner.File // the one given
	o      Options
	player *runner.Player
	begun  time.Time

	best candidate
	run  sim.Result // of best
	seen map[uint64]struct{}
	keys map[string]bool // of found

	free      bool // free segments are in use
	replays   int
	minimal   bool
	found     []*runner.Failure
	divergent *runner.Failure
	err       error
}

func newSearch(ctx context.Context, s *sim.Scenario, f *runner.File, o Options) (*search, error) {
	if err := f.Fits(s); err != nil {
		return nil, err
	}
	if o.Replays == 0 {
		o.Replays = defaultReplays
	}
	if o.Time == 0 {
		o.Time = defaultTime
	}
	return &search{
		ctx: ctx, s: s, file: f, o: o, player: runner.NewPlayer(o.Watchdog), begun: time.Now(),
		seen: make(map[uint64]struct{}), keys: make(map[string]bool),
	}, nil
}

// first replays the file, twice, and makes it the first best candidate.
func (x *search) first() error {
	cfg := x.file.Config()
	cfg.Keep = true // Params, of a run that passes
	r := x.play(cfg)
	if x.err != nil {
		return x.err
	}
	if !x.file.Alike(r.Failure) {
		return &NotReproducedError{Want: x.file.Failure, Got: r.Failure}
	}
	c := candidate{seed: x.file.Seed, plans: cfg.Plans, schedule: coalesce(choice.Schedule(x.file.Segments))}
	for _, p := range r.Params {
		c.params = append(c.params, p.Value)
	}
	c.plans = x.drawn(c, &r)
	x.best, x.run = c, r
	if r.Failure.Kind != sim.Stuck {
		x.confirm(c, r)
	}
	return x.err
}

// drawn returns no plans, so that smaller parameters draw smaller ones, if the
// scenario draws by itself what the file has; else the file's.
func (x *search) drawn(c candidate, r *sim.Result) sim.Plans {
	if r.Failure.Kind == sim.Stuck || len(c.plans[sim.Faults])+len(c.plans[sim.Work]) == 0 {
		return c.plans
	}
	own := c
	own.plans = sim.Plans{}
	if again := x.play(x.config(own)); runner.Differ(x.s, r, &again) == nil {
		return own.plans
	}
	return c.plans
}

// over says whether the search must end.
func (x *search) over() bool {
	return x.divergent != nil || x.err != nil || x.ctx.Err() != nil ||
		x.replays >= x.o.Replays || time.Since(x.begun) >= x.o.Time
}

// play executes a run, and notes an error of the harness.
func (x *search) play(cfg sim.RunConfig) sim.Result {
	x.replays++
	r, err := x.player.Play(x.s, cfg)
	if err != nil && x.err == nil {
		x.err = err
	}
	return r
}

// config returns the configuration that replays a candidate.
func (x *search) config(c candidate) sim.RunConfig {
	return sim.RunConfig{Seed: c.seed, Params: x.named(c.params), Plans: c.plans, Strategy: sim.Replay(c.schedule)}
}

// named gives parameters their names.
func (x *search) named(params []int64) map[string]int64 {
	m := make(map[string]int64, len(params))
	for i, v := range params {
		m[x.s.Params[i].Name] = v
	}
	return m
}

// try takes c as the best candidate if it fails in the same way.
func (x *search) try(c candidate) bool {
	if x.over() {
		return false
	}
	c.schedule = coalesce(c.schedule)
	h := c.hash()
	if _, ok := x.seen[h]; ok {
		return false
	}
	x.seen[h] = struct{}{}
	r := x.play(x.config(c))
	if x.err != nil || r.Failure == nil {
		return false
	}
	if !x.file.Alike(r.Failure) {
		x.met(c, r)
		return false
	}
	return x.confirm(c, r)
}

// confirm runs a candidate that failed with result r a second time, as the part of
// it that was followed, or as what actually ran if that is smaller, and takes it.
// It notes the difference if there is one.
func (x *search) confirm(c candidate, r sim.Result) bool {
	short := c
	short.schedule = followed(c.schedule, r.Schedule)
	if less(r.Schedule, short.schedule) {
		short.schedule = r.Schedule
	}
	again := x.play(x.config(short))
	if d := runner.Differ(x.s, &r, &again); d != nil && !slices.Equal(short.schedule, c.schedule) {
		short = c
		again = x.play(x.config(c))
	}
	if x.err != nil {
		return false
	}
	if d := runner.Differ(x.s, &r, &again); d != nil {
		x.divergent = d
		return false
	}
	x.best, x.run = short, again
	if x.o.Progress != nil {
		x.o.Progress(x.size(), x.replays)
	}
	return true
}

// met notes a failure of another kind, if it is new and repeats itself.
func (x *search) met(c candidate, r sim.Result) {
	f := runner.NewFailure(x.s, r)
	if x.keys[f.Key] || r.Failure.Kind == sim.Stuck {
		return
	}
	x.keys[f.Key] = true
	again := x.play(x.config(c))
	if x.err != nil {
		return
	}
	if x.divergent = runner.Differ(x.s, &r, &again); x.divergent == nil {
		x.found = append(x.found, f)
	}
}

// shrink makes the best candidate smaller until nothing helps.
func (x *search) shrink() {
	if x.run.Failure.Kind == sim.Stuck {
		return
	}
	x.params(true)
	x.items(true)
	x.coarse()
	x.hold()
	for changed := true; changed && !x.over(); {
		changed = x.fine()
		changed = x.release() || changed
		changed = changed || x.anchor() || x.splice() || x.settle()
		if x.params(false) {
			changed = true
		}
		if x.items(false) {
			changed = true
		}
	}
	x.minimal = !x.over()
}
