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
			if p.Hard {
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
	code, out, _ = simrun("-json", "-trials", "1", "-for", "1ms", "-strategy", "pos", "-limit", "50", "-hard", "SafeStack", "small")
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

func TestCommandRefuses(t *testing.T) {
	for args, want := range map[string]string{
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
