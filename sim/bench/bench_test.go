package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/cli"
)

func TestProgramsAreWellFormed(t *testing.T) {
	names := map[string]bool{}
	for _, p := range Programs() {
		if names[p.Name] || p.Name == "" || p.Doc == "" || p.Buggy == nil || p.Fixed == nil {
			t.Errorf("%q is listed twice or incomplete", p.Name)
		}
		if p.Published != 0 && (p.Study != "" || !p.counts()) {
			t.Errorf("%s has a published number and is not found by all, or does not count", p.Name)
		}
		names[p.Name] = true
	}
}

// SURW, and the portfolio, find each bug that published SURW finds in all of 20
// trials within 10 000 schedules, in every trial; and every other one that is not
// hard.
func TestProgramsAreFound(t *testing.T) {
	limit := 10_000
	for _, strategy := range []string{"surw", "auto"} {
		var ps []Program
		var ss []Sample
		for _, p := range Programs() {
			if p.Hard || p.Clean {
				continue
			}
			o := Options{Strategy: strategy, Trials: 4, Limit: limit}
			s, err := Measure(context.Background(), &p, o)
			if err != nil {
				t.Fatal(err)
			}
			if !s.All() {
				t.Errorf("%s: %s finds it in %d of %d trials", p.Name, strategy, len(s.First), s.Trials)
			}
			ps, ss = append(ps, p), append(ss, s)
		}
		r := Compare(ps, ss)
		t.Logf("%s: %.2f × published SURW (%.2f to %.2f)", strategy, r.Mean, r.Low, r.High)
		if r.Missed != 0 || r.Low > 1.2 {
			t.Errorf("%s: %+v", strategy, r)
		}
	}
}

// Feedback needs no more schedules for a crowd than for a few, as RFF does (about 6
// for each reorder_n and 56 for twostage_100, ASPLOS 2024), and does not get lost on
// the other programs.
func TestFeedbackIsNotLost(t *testing.T) {
	bars := map[string]float64{
		"CS/reorder_3": 15, "CS/reorder_4": 15, "CS/reorder_5": 15, "CS/reorder_10": 15, "CS/reorder_100": 15, "CS/twostage_100": 100,
	}
	for _, p := range Programs() {
		if p.Hard || p.Clean {
			continue
		}
		bar, special := bars[p.Name]
		trials := 4
		if special {
			trials = 20
		}
		s, err := Measure(context.Background(), &p, Options{Strategy: "feedback", Trials: trials})
		if err != nil || !s.All() {
			t.Errorf("%s: found in %d of %d trials, %v", p.Name, len(s.First), s.Trials, err)
		}
		if special && s.Mean() > bar {
			t.Errorf("%s: %.1f schedules, want at most %v", p.Name, s.Mean(), bar)
		}
	}
}

// No schedule of any strategy makes a repaired program fail.
func TestControlsPass(t *testing.T) {
	for _, p := range Programs() {
		w := sim.NewWorld(sim.Options{HideRaces: true})
		defer w.Close()
		s := p.Control()
		profiler := sim.NewProfiler()
		if r := sim.Execute(w, s, sim.RunConfig{Strategy: profiler}); r.Failure != nil {
			t.Errorf("%s, repaired: %v", p.Name, r.Failure)
		}
		e := sim.Estimates{Choices: 100, Profile: profiler.Profile()}
		strategy := sim.Auto()
		for seed := range uint64(150) {
			if r := sim.Execute(w, s, sim.RunConfig{Seed: seed, Strategy: strategy, Estimates: e}); r.Failure != nil {
				t.Errorf("%s, repaired, seed %d: %v", p.Name, seed, r.Failure)
				break
			}
		}
	}
}

// The random walk does not find what asks for a uniform sample; a bench in which it
// did would prove nothing.
func TestRandomWalkIsTheBaseline(t *testing.T) {
	for _, p := range Programs() {
		if p.Name != "Shuttle/uneven_25" {
			continue
		}
		s, err := Measure(context.Background(), &p, Options{Strategy: "random", Trials: 1, Limit: 5000})
		if err != nil || len(s.First) != 0 || s.Runs != 5000 {
			t.Errorf("%+v, %v", s, err)
		}
		s, err = Measure(context.Background(), &p, Options{Strategy: "urw", Trials: 4, Limit: 1000})
		if err != nil || !s.All() {
			t.Errorf("%+v, %v", s, err)
		}
	}
}

func TestMeasureIsAFunctionOfItsSeed(t *testing.T) {
	p := &Programs()[0]
	sample := func(seed uint64) []int {
		s, err := Measure(context.Background(), p, Options{Strategy: "surw", Trials: 30, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return s.First
	}
	a, b, c := sample(1), sample(1), sample(2)
	same := func(x, y []int) bool {
		for i := range x {
			if x[i] != y[i] {
				return false
			}
		}
		return len(x) == len(y)
	}
	if !same(a, b) || same(a, c) {
		t.Errorf("%v, %v and %v", a, b, c)
	}
	if _, err := Measure(context.Background(), p, Options{Strategy: "nosuch"}); err == nil {
		t.Error("a strategy that does not exist")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if s, _ := Measure(ctx, p, Options{Strategy: "pos"}); !s.Interrupted || s.Trials != 0 {
		t.Errorf("%+v", s)
	}
}

// A search finds the bugs of few preemptions in few schedules, and shows that there
// are none in the repair.
func TestMeasureOfSearch(t *testing.T) {
	for _, p := range Programs() {
		if p.Name != "CS/reorder_3" && p.Name != "CS/deadlock01" {
			continue
		}
		o := Options{Strategy: "dfs:2", Trials: 2}
		s, err := Measure(context.Background(), &p, o)
		if err != nil || !s.All() || s.First[0] != s.First[1] || s.First[0] > 1000 {
			t.Errorf("%s: %+v, %v", p.Name, s, err)
		}
		p.Buggy = p.Fixed
		if s, err = Measure(context.Background(), &p, o); err != nil || len(s.First) != 0 || s.Runs < 10 || s.Runs == 20_000 {
			t.Errorf("%s, repaired: %+v, %v", p.Name, s, err)
		}
	}
}

func TestCompare(t *testing.T) {
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	ps := []Program{{Published: 2}, {Published: 8}, {Published: 5}, {}}
	ss := []Sample{{First: []int{4, 4}, Trials: 2}, {First: []int{4, 4}, Trials: 2}, {First: []int{1}, Trials: 2}, {First: []int{9, 9}, Trials: 2}}
	if r := Compare(ps, ss); r.Programs != 2 || r.Missed != 1 || !near(r.Mean, 1) || !near(r.Low, 1) || !near(r.High, 1) {
		t.Errorf("%+v", r)
	}
	ss[0].First = []int{3, 5}
	if r := Compare(ps, ss); !near(r.Mean, 1) || !near(r.Low*r.High, 1) || !near(math.Log(r.High), 1.96*1/4/2) {
		t.Errorf("%+v", r)
	}
	if r := Compare(ps[3:], ss[3:]); r.Programs != 0 || r.Mean != 0 {
		t.Errorf("%+v", r)
	}
	if s := (Sample{First: []int{7}, Trials: 1}); s.Margin() != 0 || s.Mean() != 7 {
		t.Errorf("%v ± %v", s.Mean(), s.Margin())
	}
}

// simrun runs the command as simrun does.
func simrun(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	c := cli.Config{Commands: []cli.Command{Command()}}
	code = c.Run(context.Background(), &cli.Env{Stdout: &out, Stderr: &err}, append([]string{"bench"}, args...))
	return code, out.String(), err.String()
}

func TestCommand(t *testing.T) {
	code, out, stderr := simrun("-trials", "2", "-for", "1ms", "-strategy", "surw,random", "reorder_3", "pair")
	if code != cli.ExitOK || stderr != "" {
		t.Fatalf("code %d: %s", code, stderr)
	}
	for _, want := range []string{"program", "CS/reorder_3", "surw     found 1 of 1 in all trials", "× published", "shape", "pair"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "SafeStack") || strings.Contains(out, "reorder_4") {
		t.Errorf("more than was asked for:\n%s", out)
	}
	code, out, _ = simrun("-json", "-trials", "1", "-for", "1ms", "-strategy", "pos", "-limit", "20", "-hard", "50", "SafeStack", "small")
	types := ""
	for line := range strings.Lines(out) {
		var o struct {
			Type  string
			Found int
			Runs  uint64
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if o.Type == "program" && (o.Found != 0 || o.Runs != 50) {
			t.Errorf("%q", line)
		}
		types += o.Type + " "
	}
	if code != cli.ExitOK || types != "program strategy shape " {
		t.Errorf("code %d, objects %s", code, types)
	}
}

// Programs without a published mean are listed with how often the study found them,
// and one that nobody finds is not counted as missed.
func TestCommandListsWhatNobodyFinds(t *testing.T) {
	code, out, stderr := simrun("-trials", "1", "-for", "0", "-strategy", "random", "-limit", "20", "SafeStack", "bbuf", "bug5", "reorder_100", "phase01")
	if code != cli.ExitOK || stderr != "" {
		t.Errorf("code %d: %s", code, stderr)
	}
	for _, want := range []string{"SafeStack               19/20                  0/1\n", "Inspect/bbuf             0/20                  0/1\n", "RADBench/bug5            0/20 ", "CS/reorder_100            194                  0/1\n"} {
		if !strings.Contains(out, want) && !strings.Contains(squeeze(out), squeeze(want)) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if !strings.Contains(out, "random   found 1 of 3 in all trials") {
		t.Errorf("%s", out)
	}
}

// What nobody is expected to find gets no more trials than in the study, and hard
// programs a limit of their own.
func TestCommandTrials(t *testing.T) {
	c := command{options: Options{Trials: 100, Limit: 50}, hard: 70}
	for _, step := range []struct {
		p             Program
		trials, limit int
	}{{Program{}, 100, 50}, {Program{Clean: true}, 20, 50}, {Program{Hard: true}, 20, 70}} {
		if o := c.trials(&step.p, "pos"); o.Trials != step.trials || o.Limit != step.limit || o.Strategy != "pos" {
			t.Errorf("%+v: %+v", step, o)
		}
	}
}

// squeeze makes one space of many.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// The floor is a verdict.
func TestCommandFloor(t *testing.T) {
	code, out, stderr := simrun("-trials", "20", "-for", "0", "-strategy", "feedback", "-floor", "reorder", "bbuf", "-limit", "200")
	if code != cli.ExitOK || stderr != "" || !strings.Contains(out, "CS/reorder_100") {
		t.Errorf("code %d: %s\n%s", code, stderr, out)
	}
	code, _, stderr = simrun("-trials", "3", "-for", "0", "-strategy", "random", "-floor", "reorder_10", "-limit", "200")
	if code != cli.ExitFailed || !strings.Contains(stderr, "random: CS/reorder_100 is found in 0 of 3 trials only") {
		t.Errorf("code %d: %s", code, stderr)
	}
}

func TestBreaches(t *testing.T) {
	failed := &sim.Result{Seed: 7, Failure: &sim.Failure{Message: "it fails"}}
	ps := []Program{{Name: "slow", Published: 2}, {Name: "fast", Published: 10}, {Name: "missed", Published: 5}, {Name: "clean", Clean: true}, {Name: "other"}}
	ss := []Sample{
		{First: []int{7, 7}, Trials: 2}, {First: []int{1, 1}, Trials: 2}, {First: []int{1}, Trials: 2}, {First: []int{1}, Trials: 2, Failed: failed}, {Trials: 2},
	}
	got := strings.Join(Breaches("s", ps, ss), "\n")
	want := "s: slow takes 7.0 schedules, 7.0 at the least, where 2 are published\n" +
		"s: missed is found in 1 of 2 trials only\ns: clean has no known bug, and fails: seed 7, it fails"
	if got != want {
		t.Errorf("%s", got)
	}
	if got = strings.Join(Breaches("s", ps[:1], []Sample{{First: []int{2, 8}, Trials: 2}}), "\n"); got != "s: it takes 2.50 times the published number of schedules, more than 1.2" {
		t.Errorf("%s", got)
	}
	if got = strings.Join(Breaches("s", ps[4:], ss[4:]), "\n"); got != "s: no program with a published number is found in each trial" {
		t.Errorf("%s", got)
	}
	if got := Breaches("s", ps[1:2], ss[1:2]); got != nil {
		t.Errorf("%v", got)
	}
}

// A false alarm ends -controls with a failure, and says which run it is.
func TestCommandControls(t *testing.T) {
	code, out, stderr := simrun("-controls", "1000", "-strategy", "auto,feedback,dfs:1", "reorder_3", "bbuf")
	if code != cli.ExitOK || stderr != "" || !strings.Contains(out, " runs of 2 programs, 0 false alarms\n") || !strings.Contains(out, "CS/reorder_3 ") {
		t.Errorf("code %d: %s\n%s", code, stderr, out)
	}
	code, out, _ = simrun("-controls", "600", "-strategy", "auto,pos", "-json", "bbuf")
	if code != cli.ExitOK || !strings.Contains(out, `{"type":"controls","runs":600,"programs":1,"alarms":0}`) {
		t.Errorf("code %d: %s", code, out)
	}
	wrong := program("wrong", "its repair is none", 0, lazy)
	wrong.Fixed = wrong.Buggy
	var stdout, errs bytes.Buffer
	c := command{ctx: context.Background(), env: &cli.Env{Stdout: &stdout, Stderr: &errs}, strategies: []string{"pos", "surw"}, controls: 200}
	if code := c.control([]Program{wrong}); code != cli.ExitFailed || !strings.Contains(errs.String(), "wrong, repaired, fails with pos, seed ") || !strings.Contains(stdout.String(), "2 false alarms") {
		t.Errorf("code %d: %s\n%s", code, errs.String(), stdout.String())
	}
	if code, _, stderr = simrun("-controls", "10", "blocked/"); code != cli.ExitUsage || !strings.Contains(stderr, "no program has one of the words") {
		t.Errorf("code %d: %s", code, stderr)
	}
}

func TestCommandRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"-hard -1": "want a number from 1", "-controls -1": "want a number from 1",
		"-trials 0": "want a number from 1", "-limit 0": "want a number from 1", "-for -1s": "want a time",
		"-strategy surw,nosuch": `unknown strategy "nosuch"`, "nosuch": "nothing selected", "-nosuch": "unknown flag",
	} {
		if code, out, stderr := simrun(strings.Fields(args)...); code != cli.ExitUsage || out != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: code %d, %q, %q", args, code, out, stderr)
		}
	}
}

// Every shape runs to its end without failure.
func TestShapes(t *testing.T) {
	for _, s := range Shapes() {
		if r, err := Speed(context.Background(), &s, "random", 1); err != nil || r.Runs == 0 || r.Steps < 20 || s.Doc == "" {
			t.Errorf("%s: %+v, %v", s.Name, r, err)
		}
	}
	if _, err := Speed(context.Background(), &Shapes()[0], "nosuch", 1); err == nil {
		t.Error("a strategy that does not exist")
	}
	bad := Shape{Name: "bad", Run: func(w *sim.World) { w.Fail("BAD", "it fails") }}
	if _, err := Speed(context.Background(), &bad, "random", 1); err == nil || !strings.Contains(err.Error(), "it fails") {
		t.Errorf("error %v", err)
	}
}
