package simtest

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/runner"
)

// fuzzSeeds is the number of runs whose decisions begin a fuzzer's corpus.
const fuzzSeeds = 8

// Fuzz makes f a fuzz target of a scenario, for go test -fuzz. The fuzzer writes the
// decisions of a run as octets: the parameters first, each in as many octets as its
// range needs, then the schedule, as sim.FromBytes reads it. A zero octet, and no
// octet, is the simplest choice, so that the fuzzer's own minimiser makes a failing
// run smaller. What is not decided there, such as a network's delays, follows from a
// seed, which is the target's other argument.
//
// The corpus begins with the decisions of some runs that Run would make. In plain go
// test the stored failures are replayed first, as in Run, and then these and the
// files below testdata/fuzz are run. A failure is reported as that of Run is: with the
// line that repeats it from a failure file, one file for each way to fail. With
// SIM_REPLAY and its like the target does what they say and ends as skipped if it has
// not failed.
//
// Of the environment, SIM_SEED, SIM_RUNS and SIM_STRATEGY concern the runs that begin
// the corpus; there are 8 of them.
func Fuzz(f *testing.F, s *sim.Scenario) {
	f.Helper()
	fuzz(f, s, Options{}, origin(f))
}

// FuzzWith is Fuzz with options. Runs is the number of runs that begin the corpus,
// zero means 8; Params and what else is fixed takes no octets.
func FuzzWith(f *testing.F, s *sim.Scenario, o Options) {
	f.Helper()
	fuzz(f, s, o, origin(f))
}

func fuzz(f *testing.F, s *sim.Scenario, o Options, from runner.Origin) {
	f.Helper()
	if o.Runs == 0 {
		o.Runs = fuzzSeeds
	}
	e, err := environment(o)
	if err != nil {
		f.Fatalf("simtest: %v", err)
	}
	x := &explorer{t: f, s: s, e: e, from: from}
	if x.single() {
		if !f.Failed() {
			f.Skip("simtest: nothing is fuzzed beside the run of a file")
		}
		return
	}
	if err := s.Validate(nil); err != nil {
		f.Fatalf("simtest: %v", err)
	}
	z := newFuzzer(x)
	f.Cleanup(z.player.Close)
	if !fuzzWorker() { // a worker is sent its inputs
		if !x.corpus() {
			return
		}
		z.seed(f)
	}
	f.Fuzz(func(t *testing.T, seed uint64, decisions []byte) { z.run(t, seed, decisions) })
}

// fuzzWorker says whether this process executes what another one, the fuzzer, sends.
func fuzzWorker() bool { return testFlag("test.fuzzworker") }

// fuzzer executes the runs of a fuzz target.
type fuzzer struct {
	x         *explorer
	player    *runner.Player
	estimates sim.Estimates
	drawn     []*sim.Param // the parameters that octets decide
}

func newFuzzer(x *explorer) *fuzzer {
	z := &fuzzer{x: x, player: runner.NewPlayer(x.e.Watchdog)}
	z.estimates = runner.Estimate(x.s, x.e.Params, x.e.Watchdog)
	for i := range x.s.Params {
		p := &x.s.Params[i]
		if _, fixed := x.e.Params[p.Name]; !fixed && p.Draw != sim.Fixed {
			z.drawn = append(z.drawn, p)
		}
	}
	return z
}

// seed begins the corpus with runs of the strategy.
func (z *fuzzer) seed(f *testing.F) {
	f.Helper()
	e := &z.x.e
	for i := range e.Runs {
		spec := runner.Spec{Seed: e.Seed + i, Strategy: e.Strategy, Params: e.Params}
		r, err := runner.Repeat(z.x.s, spec, e.Watchdog)
		if err != nil {
			z.x.broken(err)
		}
		if r.Schedule == nil {
			f.Fatalf("simtest: seed %d: %v", r.Seed, r.Failure) // stuck
		}
		decisions, err := z.write(&r)
		if err != nil {
			z.x.broken(err)
		}
		f.Add(r.Seed, decisions)
	}
}

// write returns the octets that make a run again.
func (z *fuzzer) write(r *sim.Result) ([]byte, error) {
	var b []byte
	params := make(map[string]int64, len(r.Params))
	for _, p := range r.Params {
		params[p.Name] = p.Value
	}
	for _, p := range z.drawn {
		b = choice.AppendRange(b, p.Min, p.Max, params[p.Name])
	}
	schedule := sim.ToBytes(r.Schedule)
	_, err := z.player.Play(z.x.s, sim.RunConfig{Seed: r.Seed, Params: params, Strategy: schedule, Estimates: z.estimates})
	return append(b, schedule.Bytes()...), err
}

// config returns the run of a seed and octets.
func (z *fuzzer) config(seed uint64, decisions []byte) sim.RunConfig {
	tape := choice.NewTape(decisions)
	params := make(map[string]int64, len(z.x.s.Params))
	for name, v := range z.x.e.Params {
		params[name] = v
	}
	for _, p := range z.drawn {
		params[p.Name] = tape.Range(p.Min, p.Max)
	}
	return sim.RunConfig{Seed: seed, Params: params, Strategy: sim.FromBytes(tape.Rest()), Estimates: z.estimates}
}

// run executes one input.
func (z *fuzzer) run(t *testing.T, seed uint64, decisions []byte) {
	t.Helper()
	x := *z.x
	x.t, x.fuzzes = t, true
	r, err := z.player.Play(x.s, z.config(seed, decisions))
	if err != nil {
		x.broken(err)
		return
	}
	if r.Failure == nil {
		return
	}
	failure, err := runner.Confirm(x.s, r, z.config(seed, decisions), x.e.Watchdog)
	if err != nil {
		x.broken(err)
		return
	}
	x.report(failure)
}
