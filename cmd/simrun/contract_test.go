package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/cli"
	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/runner"
)

// What systems outside this repository rely on is tested here from outside: by the
// exit code and the output of a process.

// corpusEnv names the directory of the contract program's corpus.
const corpusEnv = "COLLIDER_SIMRUN_CORPUS"

// contractConfig is a simrun over scenarios that end in each way.
func contractConfig() cli.Config {
	c := cli.Config{Scenarios: []*sim.Scenario{passing(), breaking(), locking(), differing(), panicking()}}
	if dir := os.Getenv(corpusEnv); dir != "" {
		c.Corpus = os.DirFS(dir)
	}
	return c
}

func passing() *sim.Scenario {
	return &sim.Scenario{
		Name: "t/passing", Doc: "threads that share nothing", Tags: []string{"micro"},
		Properties: []sim.Property{{Rule: "T-1", Doc: "nothing happens"}},
		Params:     []sim.Param{{Name: "threads", Doc: "their number", Default: 2, Min: 1, Max: 4}},
		Run: func(w *sim.World) {
			g := w.NewWaitGroup("all")
			for range w.Param("threads") {
				g.Go("thread", w.Yield)
			}
			g.Wait()
		},
	}
}

// breaking breaks a rule in some orders of two threads.
func breaking() *sim.Scenario {
	s := passing()
	s.Name, s.Doc = "t/breaking", "a counter without a lock"
	s.Properties = []sim.Property{{Rule: "T-2", Doc: "no increment is lost"}}
	s.Run = func(w *sim.World) {
		n, g := w.NewInt64("n", 0), w.NewWaitGroup("all")
		for range 2 {
			g.Go("adder", func() { n.Store(n.Load() + 1) })
		}
		g.Wait()
		if v := n.Load(); v != 2 {
			w.Fail("T-2", "the counter is %d", v)
		}
	}
	return s
}

func locking() *sim.Scenario {
	return &sim.Scenario{Name: "t/locking", Doc: "a deadlock", Run: func(w *sim.World) {
		mu := w.NewMutex("mu")
		mu.Lock()
		mu.Lock()
	}}
}

// differing fails in each second run, whatever its seed.
func differing() *sim.Scenario {
	var runs atomic.Int64
	return &sim.Scenario{Name: "t/differing", Doc: "a package variable", Run: func(w *sim.World) {
		w.Recorder().Note(history.Event{Name: "run", Item: uint64(runs.Add(1))})
		if runs.Load()%2 == 0 {
			w.Fail("T-3", "an even run")
		}
	}}
}

func panicking() *sim.Scenario {
	return &sim.Scenario{
		Name: "t/panicking", Doc: "a checker that panics", Run: func(w *sim.World) { w.Yield() },
		Check: func(*history.History) []sim.Violation { panic("checker out of order") },
	}
}

// program runs processes in a directory of its own.
type program struct {
	t    *testing.T
	mode string // value of childEnv
	dir  string
	env  []string
}

func contract(t *testing.T) *program { return &program{t: t, mode: childContract, dir: t.TempDir()} }
func simrun(t *testing.T) *program   { return &program{t: t, mode: childSimrun, dir: t.TempDir()} }

type ended struct {
	args           string
	code           int
	stdout, stderr string
}

func (p *program) do(args ...string) ended {
	p.t.Helper()
	self, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Dir, cmd.Env = p.dir, append(append(os.Environ(), childEnv+"="+p.mode), p.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil || ctx.Err() != nil {
		p.t.Fatalf("%v: %v", args, err)
	}
	return ended{strings.Join(args, " "), cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// want demands an exit code, and texts in the output.
func (p *program) want(e ended, code int, texts ...string) {
	p.t.Helper()
	if e.code != code {
		p.t.Errorf("%s: exit code %d, want %d\n%s%s", e.args, e.code, code, e.stdout, e.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(e.stdout+e.stderr, text) {
			p.t.Errorf("%s: no %q in\n%s%s", e.args, text, e.stdout, e.stderr)
		}
	}
}

// objects are the lines of an output, each of which must be a JSON object.
func (p *program) objects(e ended) []map[string]any {
	p.t.Helper()
	var all []map[string]any
	for _, line := range strings.Split(strings.TrimSuffix(e.stdout, "\n"), "\n") {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			p.t.Fatalf("%s: %q: %v", e.args, line, err)
		}
		all = append(all, o)
	}
	return all
}

func (p *program) last(e ended) map[string]any {
	p.t.Helper()
	all := p.objects(e)
	return all[len(all)-1]
}

// failed runs t/breaking until it fails and returns the failure object.
func (p *program) failed() map[string]any {
	p.t.Helper()
	e := p.do("run", "t/breaking", "-seed", "1", "-json")
	p.want(e, 1)
	for _, o := range p.objects(e) {
		if o["type"] == "failure" {
			return o
		}
	}
	p.t.Fatalf("no failure in\n%s", e.stdout)
	return nil
}

func TestExitCodes(t *testing.T) {
	p := contract(t)
	for _, c := range []struct {
		args, text string
		code       int
	}{
		{"run t/passing -seed 1 -runs 20", "ok ", 0},
		{"verify t/passing t/breaking -seed 1 -runs 20", "ok ", 0},
		{"replay t/passing:3", "ok ", 0},
		{"list", "t/breaking", 0},
		{"version", "failure file format", 0},
		{"run -h", "examples:", 0},
		{"run t/breaking -seed 1", "FAIL  t/breaking  T-2", 1},
		{"run t/breaking t/locking -seed 1 -keep-going", "T-2", 1},
		{"run nosuch", "nothing selected", 2},
		{"run x*", "nothing selected", 2},
		{"run -runs 0", "want a number from 1", 2},
		{"run -nosuch", "unknown flag -nosuch", 2},
		{"run -p nosuch=1", "nosuch", 2},
		{"run -strategy nosuch", "unknown strategy", 2},
		{"replay nosuch.sim.json", "no file", 2},
		{"replay nosuch:1", "no scenario", 2},
		{"nosuch", "unknown command", 2},
		{"", "usage:", 2},
		{"run t/locking -seed 1", "deadlock", 3},
		{"run t/differing -seed 1 -runs 20", "did not repeat itself", 4},
		{"verify t/differing -seed 1 -runs 20", "did not repeat itself", 4},
		{"run t/panicking -seed 1", "checker out of order", 5},
	} {
		p.want(p.do(strings.Fields(c.args)...), c.code, c.text)
	}
}

func TestEachCommandHelps(t *testing.T) {
	p := simrun(t)
	e := p.do()
	p.want(e, 2)
	commands := regexp.MustCompile(`(?m)^  (\w+)`).FindAllStringSubmatch(e.stderr, -1)
	for _, want := range []string{"list", "run", "replay", "shrink", "explain", "view", "explore", "verify", "conform", "serve", "version"} {
		if !slices.ContainsFunc(commands, func(c []string) bool { return c[1] == want }) {
			t.Errorf("no command %s in\n%s", want, e.stderr)
		}
	}
	for _, c := range commands {
		if c[1] != "conform" { // whose subcommands have the flags
			p.want(p.do(c[1], "-h"), 0, "examples:\n  simrun "+c[1])
		}
	}
}

func TestSummaryIsTheLastLine(t *testing.T) {
	p := contract(t)
	for args, code := range map[string]int{
		"run t/passing -runs 20": 0, "run t/breaking": 1, "run t/locking": 3, "verify t/passing -runs 5": 0, "replay t/passing:1": 0,
	} {
		args := append(strings.Fields(args), "-json")
		if args[0] != "replay" {
			args = append(args, "-seed", "1")
		}
		e := p.do(args...)
		p.want(e, code)
		lines := strings.Split(strings.TrimSpace(e.stdout), "\n")
		form := regexp.MustCompile(`^\{"type":"summary","scenarios":1,"runs":\d+,"steps":\d+,"failures":\d+,"distinct":\d+,"seconds":[0-9.e-]+,"digest":"[0-9a-f]{16}"\}$`)
		if last := lines[len(lines)-1]; !form.MatchString(last) {
			t.Errorf("%v: last line %s", args, last)
		}
	}
}

func TestFailureObject(t *testing.T) {
	p := contract(t)
	f := p.failed()
	for key, want := range map[string]any{
		"scenario": "t/breaking", "property": "no increment is lost", "rule": "T-2", "message": "the counter is 1",
		"seed": nil, "strategy": nil, "steps": nil, "file": nil, "replay": nil, "shrink": nil, "location": nil,
	} {
		if got, ok := f[key]; !ok || want != nil && got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	if at, _ := f["location"].([]any); len(at) == 0 || !regexp.MustCompile(`contract_test\.go:\d+$`).MatchString(at[0].(string)) {
		t.Errorf("location %v", f["location"])
	}
	paste := func(key string) ended {
		line, ok := strings.CutPrefix(f[key].(string), "simrun ")
		if !ok {
			t.Fatalf("%s line %q", key, f[key])
		}
		return p.do(strings.Fields(line)...)
	}
	p.want(paste("replay"), 1, "the same failure, exactly as recorded", "T-2")
	p.want(paste("shrink"), 0, "1-minimal")
	small := strings.TrimSuffix(f["file"].(string), ".sim.json") + ".min.sim.json"
	p.want(p.do("replay", small), 1, "the same failure")
	p.want(p.do("explain", small), 0, "comes the other way round")
	p.want(p.do("view", small), 0, ".html")
	p.want(p.do("view", fmt.Sprintf("t/breaking:%.0f", f["seed"]), "-format", "chrome", "-o", "x.json"), 0, "x.json")
	if text, err := os.ReadFile(filepath.Join(p.dir, small)); err != nil || len(text) > 4096 {
		t.Errorf("%d octets, %v", len(text), err)
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	p := contract(t)
	text, err := os.ReadFile(filepath.Join(p.dir, p.failed()["file"].(string)))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"format", "collider", "origin", "scenario", "params", "seed", "strategy", "work", "faults", "segments", "failure", "digest"} {
		if !bytes.Contains(text, []byte(`"`+field+`"`)) {
			t.Errorf("no %s in\n%s", field, text)
		}
	}
	for _, c := range []struct{ old, with, want string }{
		{fmt.Sprintf(`"format": %d`, runner.FileFormat), `"format": 99`, "format version 99"},
		{`"t/breaking"`, `"t/gone"`, `no scenario "t/gone" here`},
		{`"segments"`, `"sections"`, "broken or truncated"},
		{`"registry": "simrun"`, `"package": "example.org/p", "test": "TestX/a_b"`, "go test -run '^TestX$/^a_b$' example.org/p"},
	} {
		bad := strings.Replace(string(text), c.old, c.with, 1)
		if bad == string(text) {
			t.Fatalf("nothing to edit: %s in\n%s", c.old, text)
		}
		if err := os.WriteFile(filepath.Join(p.dir, "bad.sim.json"), []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"replay", "shrink", "explain", "view"} {
			want := c.want
			if strings.HasPrefix(want, "go test") {
				want = "SIM_" + strings.ToUpper(command) + "=" + filepath.Join(p.dir, "bad.sim.json") + " " + want
			}
			p.want(p.do(command, "bad.sim.json"), 2, want)
		}
	}
}

func TestCorpusIsReplayedFirst(t *testing.T) {
	p := contract(t)
	file := p.failed()["file"].(string)
	p.env = []string{corpusEnv + "=" + filepath.Join(p.dir, filepath.Dir(file))}
	e := p.do("run", "-seed", "1", "-json", "-out", "again")
	p.want(e, 1)
	all := p.objects(e)
	if f := all[1]; f["type"] != "failure" || f["corpus"] != filepath.Base(file) || f["rule"] != "T-2" {
		t.Errorf("%v", f)
	}
	if sum := all[len(all)-1]; sum["runs"] != 0.0 || sum["digest"] != "0000000000000000" || sum["failures"] != 1.0 {
		t.Errorf("%v", sum)
	}
	// Outside runs and digest, also of a batch that goes on.
	args := []string{"run", "t/breaking", "-seed", "1", "-runs", "50", "-keep-going", "-json"}
	with := p.last(p.do(args...))
	p.env = nil
	without := p.last(p.do(args...))
	if with["digest"] != without["digest"] || with["runs"] != without["runs"] || with["failures"] != without["failures"].(float64)+1 {
		t.Errorf("with corpus %v, without %v", with, without)
	}
}

// Distinct counts ways to fail, each of one scenario.
func TestDistinctIsPerScenario(t *testing.T) {
	p := contract(t)
	sum := p.last(p.do("run", "t/breaking", "t/locking", "-seed", "1", "-runs", "100", "-keep-going", "-json"))
	if sum["distinct"] != 2.0 || sum["failures"].(float64) < 101 {
		t.Errorf("%v", sum)
	}
}

// One digest of simrun's own scenarios, whatever the machine does, and shards add up
// to it modulo 2⁶⁴.
func TestDigestIsOfTheRuns(t *testing.T) {
	p := simrun(t)
	args := []string{"run", "-seed", "11", "-runs", "7", "-json", "-progress", "off"}
	digest := func(more ...string) string {
		e := p.do(append(args, more...)...)
		p.want(e, 0)
		return p.last(e)["digest"].(string)
	}
	want := digest("-workers", "1")
	if got := digest("-workers", "3"); got != want {
		t.Errorf("3 workers give %s, one %s", got, want)
	}
	var sum uint64
	for _, shard := range []string{"2/3", "0/3", "1/3"} {
		var d uint64
		if _, err := fmt.Sscanf(digest("-shard", shard), "%x", &d); err != nil {
			t.Fatal(err)
		}
		sum += d
	}
	if got := fmt.Sprintf("%016x", sum); got != want {
		t.Errorf("the shards add up to %s, the whole is %s", got, want)
	}
	p.env = []string{"GOMAXPROCS=1", "SIMRUN_SEED=11"}
	args = []string{"run", "-runs", "7", "-json", "-progress", "off"}
	if got := digest(); got != want {
		t.Errorf("GOMAXPROCS=1 and a seed from the environment give %s, want %s", got, want)
	}
}
