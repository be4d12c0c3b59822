package runner

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
)

func mustRun(t *testing.T, o Options) *Report {
	t.Helper()
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// summary is what must not depend on workers.
type summary struct {
	runs, steps, failed uint64
	digest              Digest
	failures            string
}

func summarise(r *Report) summary {
	s := summary{runs: r.Runs, steps: r.Steps, failed: r.Failed, digest: r.Digest}
	for i := range r.Failures {
		f := &r.Failures[i]
		s.failures += f.Scenario.Name + " " + f.Result.Failure.Error() + " " + f.Result.Schedule.String() + "\n"
	}
	return s
}

func TestReportDoesNotDependOnWorkers(t *testing.T) {
	for name, o := range map[string]Options{
		"clean":      {Scenarios: []*sim.Scenario{toy.Clean()}, Runs: 300},
		"first":      {Scenarios: toy.All(), Runs: 300},
		"keep going": {Scenarios: toy.All(), Runs: 300, KeepGoing: true},
		"pct":        {Scenarios: toy.All(), Runs: 100, KeepGoing: true, Strategy: "pct:3"},
		"fixed":      {Scenarios: []*sim.Scenario{toy.LostUpdate()}, Runs: 300, Params: map[string]int64{"threads": 1}},
	} {
		o.Seed = 1000
		o.Workers = 1
		want := summarise(mustRun(t, o))
		for _, n := range []int{2, 3, 7} {
			o.Workers = n
			if got := summarise(mustRun(t, o)); got != want {
				t.Errorf("%s: %d workers: %+v\n1 worker: %+v", name, n, got, want)
			}
		}
	}
}

func TestLowestFailingSeed(t *testing.T) {
	// The lowest seed, found one by one.
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	s := toy.Deadlock()
	lowest := uint64(500)
	for sim.Execute(w, s, sim.RunConfig{Seed: lowest, Estimates: Estimate(s, nil, 0)}).Failure == nil {
		lowest++
	}
	for range 20 {
		r := mustRun(t, Options{Scenarios: []*sim.Scenario{toy.Clean(), s}, Seed: 500, Runs: 1000, Workers: 4})
		if len(r.Failures) != 1 || r.Failures[0].Result.Seed != lowest || r.Failed != 1 {
			t.Fatalf("%d failures, %+v; want seed %d", len(r.Failures), r.Failures, lowest)
		}
		if n := lowest - 500 + 1; r.Scenarios[0].Runs != n || r.Scenarios[1].Runs != n {
			t.Fatalf("runs %+v, want %d of each", r.Scenarios, n)
		}
	}
}

func TestShardsAddUp(t *testing.T) {
	o := Options{Scenarios: toy.All(), Seed: 9, Runs: 101, KeepGoing: true, Workers: 2}
	whole := mustRun(t, o)
	for _, n := range []int{2, 3, 7} {
		var sum Report
		failed := map[string]uint64{}
		for i := range n {
			o.Shard, o.Shards = i, n
			r := mustRun(t, o)
			sum.Digest = sum.Digest.Add(r.Digest)
			sum.Runs += r.Runs
			sum.Steps += r.Steps
			sum.Failed += r.Failed
			for j := range r.Failures {
				failed[r.Failures[j].Key] += r.Failures[j].Count
			}
		}
		if sum.Digest != whole.Digest || sum.Runs != whole.Runs || sum.Steps != whole.Steps || sum.Failed != whole.Failed {
			t.Errorf("%d shards give %+v, the whole %v %d %d %d", n, sum, whole.Digest, whole.Runs, whole.Steps, whole.Failed)
		}
		for j := range whole.Failures {
			if f := &whole.Failures[j]; failed[f.Key] != f.Count {
				t.Errorf("%d shards: failure %s %d times, want %d", n, f.Key, failed[f.Key], f.Count)
			}
		}
	}
}

func TestMoreShardsThanRuns(t *testing.T) {
	r := mustRun(t, Options{Scenarios: []*sim.Scenario{toy.Clean()}, Runs: 2, Shard: 3, Shards: 4})
	if r.Runs != 0 || r.Digest != 0 {
		t.Errorf("%+v", r)
	}
}

func TestDigestDependsOnWhatRan(t *testing.T) {
	base := Options{Scenarios: []*sim.Scenario{toy.Clean()}, Seed: 5, Runs: 20}
	renamed, seed, params, runs := base, base, base, base
	other := toy.Clean()
	other.Name = "toy/other"
	renamed.Scenarios = []*sim.Scenario{other}
	seed.Seed = 6
	params.Params = map[string]int64{"threads": 3}
	runs.Runs = 21
	seen := map[Digest]string{}
	for name, o := range map[string]Options{"base": base, "renamed": renamed, "seed": seed, "params": params, "runs": runs} {
		d := mustRun(t, o).Digest
		if seen[d] != "" {
			t.Errorf("%s and %s have the same digest", name, seen[d])
		}
		seen[d] = name
	}
	if a, b := mustRun(t, base).Digest, mustRun(t, base).Digest; a != b {
		t.Errorf("digests %v and %v of the same batch", a, b)
	}
}

func TestFailuresAreCountedByKind(t *testing.T) {
	var told []string
	r := mustRun(t, Options{
		Scenarios: toy.All(), Runs: 500, KeepGoing: true,
		OnFailure: func(f *Failure) { told = append(told, f.Scenario.Name+f.Key) },
	})
	for i := range r.Failures {
		if f := &r.Failures[i]; i >= len(told) || told[i] != f.Scenario.Name+f.Key {
			t.Errorf("told of %v, failure %d is %s %s", told, i, f.Scenario.Name, f.Key)
		}
	}
	kinds := map[sim.Kind]bool{}
	var n uint64
	for i := range r.Failures {
		f := &r.Failures[i]
		kinds[f.Result.Failure.Kind] = true
		n += f.Count
		if f.Property == "" || f.Key == "" || f.Result.History == nil || f.Divergence != nil {
			t.Errorf("incomplete failure %+v", f)
		}
	}
	if len(kinds) != 3 || n != r.Failed || len(r.Failures) > 10 {
		t.Errorf("%d failures of kinds %v for %d failed runs", len(r.Failures), kinds, r.Failed)
	}
	if ExitCode(r.Failures) != 1 || ExitCode(nil) != 0 {
		t.Error("exit code")
	}
}

func TestNondeterminismIsItsOwnFailure(t *testing.T) {
	r := mustRun(t, Options{Scenarios: []*sim.Scenario{toy.Nondeterministic(true)}, Runs: 10, Workers: 1})
	if len(r.Failures) != 1 || r.Failures[0].Result.Failure.Kind != sim.Nondeterminism {
		t.Fatalf("%+v", r.Failures)
	}
	d := r.Failures[0].Divergence
	if d == nil || d.What != "event" || d.At != 2 || !strings.Contains(d.Last, "begun") || !strings.Contains(d.First, "counted") {
		t.Errorf("divergence %+v", d)
	}
	if ExitCode(r.Failures) != 4 {
		t.Error("exit code")
	}
}

func TestHarnessPanic(t *testing.T) {
	_, err := Run(context.Background(), Options{Scenarios: []*sim.Scenario{toy.Clean(), toy.BrokenCheck()}, Workers: 3})
	var pe *PanicError
	if !errors.As(err, &pe) || pe.Scenario != "toy/broken-check" || !strings.Contains(pe.Stack, "BrokenCheck") || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("error %v", err)
	}
}

func TestStuckRunIsReported(t *testing.T) {
	release := make(chan struct{})
	r := mustRun(t, Options{
		Scenarios: []*sim.Scenario{toy.Clean(), toy.Stuck(release)}, Seed: 3, Runs: 1000,
		Workers: 2, Watchdog: 50 * time.Millisecond, KeepGoing: true,
	})
	close(release)
	if len(r.Failures) != 1 || r.Failures[0].Result.Failure.Kind != sim.Stuck || r.Failures[0].Result.Seed != 3 {
		t.Fatalf("%+v", r.Failures)
	}
	if f := r.Failures[0]; len(f.Result.Failure.Locations) == 0 || !strings.Contains(f.Result.Failure.Locations[0].File, "toy.go") {
		t.Errorf("locations %v", f.Result.Failure.Locations)
	}
	if ExitCode(r.Failures) != 3 {
		t.Error("exit code")
	}
}

func TestTimeBudget(t *testing.T) {
	r := mustRun(t, Options{Scenarios: []*sim.Scenario{toy.Clean()}, For: 30 * time.Millisecond})
	if r.Runs == 0 || r.Elapsed < 30*time.Millisecond || r.Elapsed > 5*time.Second {
		t.Errorf("%d runs in %v", r.Runs, r.Elapsed)
	}
	if r := mustRun(t, Options{Scenarios: toy.All()[:1], For: 1}); r.Runs < 1 {
		t.Errorf("%d runs in no time: a check of nothing", r.Runs)
	}
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(30*time.Millisecond, cancel)
	r, err := Run(ctx, Options{Scenarios: []*sim.Scenario{toy.Clean()}, For: time.Hour})
	if err != nil || !r.Interrupted || r.Runs == 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestProgress(t *testing.T) {
	var got []Progress
	r := mustRun(t, Options{
		Scenarios: []*sim.Scenario{toy.Clean()}, For: 3 * progressEvery,
		Progress: func(p Progress) { got = append(got, p) },
	})
	if len(got) == 0 || got[0].Runs == 0 || got[0].Runs > r.Runs || got[0].Planned != 0 || got[0].Budget != 3*progressEvery {
		t.Errorf("%+v", got)
	}
}

func TestOptionErrors(t *testing.T) {
	one := []*sim.Scenario{toy.Clean()}
	for option, o := range map[string]Options{
		"Scenarios": {}, "Strategy": {Scenarios: one, Strategy: "nosuch"},
		"Params": {Scenarios: one, Params: map[string]int64{"threads": 99}},
		"Shard":  {Scenarios: one, Shard: 3, Shards: 3}, "Workers": {Scenarios: one, Workers: -1},
		"For": {Scenarios: one, For: -1},
	} {
		for _, f := range []func(context.Context, Options) (*Report, error){Run, Verify} {
			_, err := f(context.Background(), o)
			var oe *OptionError
			if !errors.As(err, &oe) || oe.Option != option {
				t.Errorf("%s: error %v", option, err)
			}
		}
	}
	_, err := Run(context.Background(), Options{Scenarios: append(one, toy.Clean())})
	if err == nil || !strings.Contains(err.Error(), "two are named") {
		t.Errorf("error %v", err)
	}
}

func TestFailureKeys(t *testing.T) {
	s := toy.LostUpdate()
	key := func(f sim.Failure) string { return newFailure(s, sim.Result{Failure: &f}).Key }
	a := key(sim.Failure{Kind: sim.Broken, Rule: "TOY-1", Message: "the counter is 1, want 2"})
	if b := key(sim.Failure{Kind: sim.Broken, Rule: "TOY-1", Message: "the counter is 30, want 400"}); a != b {
		t.Error("numbers make a difference")
	}
	for _, f := range []sim.Failure{
		{Kind: sim.Broken, Rule: "TOY-2", Message: "the counter is 1, want 2"},
		{Kind: sim.Broken, Rule: "TOY-1", Message: "the counter was 1, want 2"},
		{Kind: sim.Owned, Rule: "TOY-1", Message: "the counter is 1, want 2"},
	} {
		if key(f) == a {
			t.Errorf("%+v has the key of another failure", f)
		}
	}
	x := key(sim.Failure{Kind: sim.Deadlock, Message: "2 threads", Threads: []sim.ThreadState{{Op: "lock", Object: "mutex a", Blocked: true}}})
	y := key(sim.Failure{Kind: sim.Deadlock, Message: "2 threads", Threads: []sim.ThreadState{{Op: "lock", Object: "mutex b", Blocked: true}}})
	if x == y {
		t.Error("deadlocks at different objects have one key")
	}
}

func BenchmarkRun(b *testing.B) {
	for b.Loop() {
		if _, err := Run(context.Background(), Options{Scenarios: []*sim.Scenario{toy.Clean()}, Runs: 10_000, Workers: 1}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/run")
}

// BenchmarkExecute is the same without the runner.
func BenchmarkExecute(b *testing.B) {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	s := toy.Clean()
	st, cfg := sim.Auto(), sim.RunConfig{Estimates: Estimate(s, nil, 0)}
	cfg.Strategy = st
	for b.Loop() {
		for seed := range uint64(10_000) {
			cfg.Seed = seed
			sim.Execute(w, s, cfg)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/run")
}

func TestParamsAndFaults(t *testing.T) {
	both := []*sim.Scenario{toy.Clean(), toy.Faulty()}
	if r := mustRun(t, Options{Scenarios: both, Runs: 50}); len(r.Failures) != 1 {
		t.Errorf("with faults: %+v", r)
	}
	for name, o := range map[string]Options{
		"none": {Faults: "none"}, "the other": {Faults: "nap"}, "fixed": {Params: map[string]int64{"fault.lie": 0}},
		"fixed beside": {Params: map[string]int64{"fault.lie": 0, "threads": 3}, Faults: "all"},
	} {
		o.Scenarios, o.Runs = both, 50
		if r := mustRun(t, o); len(r.Failures) != 0 {
			t.Errorf("%s: %+v", name, r.Failures)
		}
	}
	got := FixParams(toy.Faulty(), map[string]int64{"fault.nap": 3, "threads": 1}, "none")
	if len(got) != 2 || got["fault.nap"] != 3 || got["fault.lie"] != 0 {
		t.Errorf("fixed %v", got)
	}
	if FixParams(toy.Faulty(), nil, "all") != nil {
		t.Error("all faults fix something")
	}
	clean := toy.Clean()
	clean.Params = append(clean.Params, toy.Faulty().Params...)
	got = fixParams(clean, map[string]int64{"fault.nap": 3}, "none", true)
	if len(got) != 3 || got["fault.nap"] != 3 || got["fault.lie"] != 0 || got["threads"] != 2 {
		t.Errorf("with defaults, fixed %v", got)
	}
	for option, o := range map[string]Options{
		"Params": {Params: map[string]int64{"nosuch": 1}}, "Faults": {Faults: "nap,nosuch"},
	} {
		o.Scenarios = both
		_, err := Run(context.Background(), o)
		var oe *OptionError
		if !errors.As(err, &oe) || oe.Option != option || !strings.Contains(err.Error(), "nosuch") {
			t.Errorf("%s: error %v", option, err)
		}
	}
}

func TestWaysToFailAreBounded(t *testing.T) {
	s := &sim.Scenario{Name: "toy/babel", Run: func(w *sim.World) {
		n := w.Rand("name").IntN(1000)
		w.Fail("TOY-4", "%s", strings.Repeat("a", n))
	}}
	o := Options{Scenarios: []*sim.Scenario{s}, Runs: 500, KeepGoing: true, Workers: 1}
	a := mustRun(t, o)
	o.Workers = 3
	b := mustRun(t, o)
	if len(a.Failures) != maxWays || a.Unlisted < 100 || a.Failed != 500 {
		t.Errorf("%d ways, %d more, %d failed", len(a.Failures), a.Unlisted, a.Failed)
	}
	if summarise(a) != summarise(b) || a.Unlisted != b.Unlisted {
		t.Error("the report depends on workers")
	}
}

// TestMootRunsAreCounted counts the runs whose goal was out of reach, whatever the
// workers, and those that are broken nevertheless in both ways.
func TestMootRunsAreCounted(t *testing.T) {
	quiet := mustRun(t, Options{Scenarios: []*sim.Scenario{toy.Clean(), toy.Moot(false)}, Runs: 300})
	s := &quiet.Scenarios[1]
	if quiet.Scenarios[0].Moot != 0 || s.Moot < 100 || s.Moot > 200 || s.Failed != 0 || quiet.Moot != s.Moot {
		t.Errorf("of 300 runs %d are moot, %d failed; the total is %d", s.Moot, s.Failed, quiet.Moot)
	}
	for _, n := range []int{1, 3} {
		loud := mustRun(t, Options{Scenarios: []*sim.Scenario{toy.Moot(true)}, Runs: 300, KeepGoing: true, Workers: n})
		if loud.Moot != s.Moot || loud.Failed != s.Moot || loud.Failures[0].Result.Failure.Rule != "TOY-8" {
			t.Errorf("%d workers: %d are moot, %d failed", n, loud.Moot, loud.Failed)
		}
	}
}
