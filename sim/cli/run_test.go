package cli

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/internal/toy"
	"github.com/collider-amqp/collider/sim/runner"
)

func TestRunPasses(t *testing.T) {
	s := newShell(t)
	o := s.do("run", "toy/clean", "-seed", "5", "-runs", "1200")
	s.want(o, ExitOK, "run toy/clean, 1200 runs each, seed 5, strategy auto", "ok    1 200 runs", "digest ")
	if !strings.HasPrefix(o.stdout, "ok ") || strings.Contains(o.stdout, "drawn") {
		t.Errorf("%+v", o)
	}
	if _, err := os.Stat("simrun-out"); err == nil {
		t.Error("artefacts without a failure")
	}
}

func TestDrawnSeedIsPrinted(t *testing.T) {
	s := newShell(t)
	o := s.do("run", "toy/clean", "-runs", "10", "-progress", "off")
	s.want(o, ExitOK, "(drawn)")
	var seed, again uint64
	if _, err := fmt.Sscanf(o.stderr, "simrun: run toy/clean, 10 runs each, seed %d (drawn)", &seed); err != nil {
		t.Fatalf("%v in %q", err, o.stderr)
	}
	o2 := s.do("run", "toy/clean", "-runs", "10", "-seed", fmt.Sprint(seed))
	if digest(o.stdout) != digest(o2.stdout) {
		t.Errorf("%s\n%s", o.stdout, o2.stdout)
	}
	if _, err := fmt.Sscanf(s.do("run", "toy/clean", "-runs", "10").stderr, "simrun: run toy/clean, 10 runs each, seed %d (drawn)", &again); err != nil || again == seed {
		t.Errorf("drawn twice: %d, %v", again, err)
	}
}

func digest(stdout string) string {
	_, after, _ := strings.Cut(stdout, "digest ")
	d, _, _ := strings.Cut(after, "\n")
	return strings.Fields(d + " ?")[0]
}

func TestFailureText(t *testing.T) {
	s := newShell(t)
	o := s.do("run", "toy/lost-update", "-seed", "1", "-p", "threads=2")
	s.want(o, ExitFailed,
		"FAIL  toy/lost-update  TOY-1: no increment is lost",
		"      the counter is 1, want 2",
		"at toy/toy.go:", "(in toy.count)",
		"threads=2",
		"sender.send(#1)", "sender.send #1 = false",
		"replay   simrun replay simrun-out/toy-lost-update-",
		"seed     simrun replay toy/lost-update:", " -p threads=2",
		"1 failed in 1 ways")
	for _, line := range strings.Split(o.stdout, "\n") {
		if n := len([]rune(line)); n > 100 && !strings.Contains(line, "digest") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	s.want(s.do("run", "toy/deadlock", "-seed", "1"), ExitNoProgress,
		"FAIL  toy/deadlock  deadlock: no thread can go on", "blocked in lock of mutex ", "held by main/", "at toy/toy.go:")
	s.want(s.do("run", "toy/panics", "-seed", "1"), ExitFailed, "panic: a thread panicked", "nil pointer dereference", "at toy/toy.go:")
	s.want(s.do("run", "toy/overlap", "-seed", "1"), ExitFailed, "SER-1: callbacks of one connection never overlap", "*  ", "> on_message c1", "main/worker")
}

func TestArtefactsAndReplay(t *testing.T) {
	s := newShell(t)
	o := s.do("run", "-seed", "1", "-json", "-keep-going", "-out", "my dir", "-runs", "100")
	s.want(o, ExitFailed)
	fs := ofType(s.objects(o), "failure")
	if len(fs) < 4 {
		t.Fatalf("%d failures", len(fs))
	}
	for _, f := range fs {
		file := f["file"].(string)
		if f["replay"] != "simrun replay '"+file+"'" || f["shrink"] != "simrun shrink '"+file+"'" || !strings.HasPrefix(file, "my dir/") {
			t.Errorf("lines of %v", f)
		}
		h, err := os.Open(f["history"].(string))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := history.Read(h); err != nil {
			t.Errorf("%s: %v", f["history"], err)
		}
		h.Close()
		trace, err := os.ReadFile(f["trace"].(string))
		if err != nil || !strings.Contains(string(trace), f["message"].(string)) {
			t.Errorf("%s: %v", trace, err)
		}
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		o := s.do("replay", file, "-json", "-out", "my dir")
		if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s has changed by its replay:\n%s\n%s", file, before, after)
		}
		rs := ofType(s.objects(o), "failure")
		if len(rs) != 1 || rs[0]["message"] != f["message"] || rs[0]["kind"] != f["kind"] || rs[0]["key"] != f["key"] || rs[0]["strategy"] != f["strategy"] || rs[0]["replay"] != f["replay"] {
			t.Errorf("replay of %s: %+v", file, o)
		}
		s.want(o, map[any]int{"deadlock": ExitNoProgress}[f["kind"]]+btoi(f["kind"] != "deadlock"), "the same failure, exactly as recorded")

		seed := fmt.Sprintf("%s:%.0f", f["scenario"], f["seed"])
		o = s.do("replay", seed, "-json")
		if r := ofType(s.objects(o), "failure"); len(r) != 1 || r[0]["message"] != f["message"] || r[0]["strategy"] != f["strategy"] {
			t.Errorf("replay of %s: %+v", seed, o)
		}
	}
}

func TestReplayLeavesNothingUnasked(t *testing.T) {
	s := newShell(t)
	s.want(s.do("run", "toy/deadlock", "-seed", "1", "-out", "a"), ExitNoProgress)
	names, err := filepath.Glob("a/*" + runner.FileSuffix)
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	s.want(s.do("replay", names[0]), ExitNoProgress, "replay   simrun replay "+names[0])
	seed := strings.TrimSuffix(strings.TrimPrefix(names[0], "a/toy-deadlock-"), runner.FileSuffix)
	s.want(s.do("replay", "toy/deadlock:"+seed), ExitNoProgress, "replay   simrun replay toy/deadlock:"+seed)
	if left, err := filepath.Glob("*"); err != nil || len(left) != 1 {
		t.Errorf("files %v, %v", left, err)
	}
	s.want(s.do("replay", names[0], "-out", "b"), ExitNoProgress, "b/toy-deadlock-"+seed+".trace.txt")
	s.want(s.do("replay", "toy/deadlock:"+seed, "-out", "c"), ExitNoProgress, "replay   simrun replay c/toy-deadlock-"+seed+runner.FileSuffix)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestReplayVerbose(t *testing.T) {
	s := newShell(t)
	o := s.do("replay", "toy/clean:7", "-v")
	s.want(o, ExitOK, "call   sender.send item=1", "ok    1 runs", "seed 7")
	run := s.do("run", "toy/clean", "-seed", "7", "-runs", "1")
	if digest(o.stdout) != digest(run.stdout) {
		t.Errorf("replay: %s\nrun: %s", o.stdout, run.stdout)
	}
	if o := s.do("replay", "toy/clean:7", "-v", "-json"); !strings.Contains(o.stderr, "sender.send") || len(s.objects(o)) != 2 {
		t.Errorf("%+v", o)
	}
}

func TestReplayOfBadFiles(t *testing.T) {
	s := newShell(t)
	s.do("run", "toy/deadlock", "-seed", "1", "-out", ".")
	names, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	good := ""
	for _, n := range names {
		if strings.HasSuffix(n.Name(), runner.FileSuffix) {
			b, err := os.ReadFile(n.Name())
			if err != nil {
				t.Fatal(err)
			}
			good = string(b)
		}
	}
	for _, c := range []struct{ old, with, want string }{
		{good[len(good)/2:], "", "broken or truncated"},
		{`"format": 2`, `"format": 7`, "format version 7"},
		{"toy/deadlock", "toy/gone", `no scenario "toy/gone" here`},
		{`"params": {}`, `"params": {"x": 1}`, "no parameter x"},
		{`"registry": "simrun"`, `"package": "example.org/p", "test": "TestX/sub"`, "go test -run '^TestX$/^sub$' example.org/p"},
	} {
		text := strings.Replace(good, c.old, c.with, 1)
		if text == good {
			t.Fatalf("nothing to edit: %s", c.old)
		}
		if err := os.WriteFile("bad.sim.json", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		o := s.do("replay", "bad.sim.json")
		s.want(o, ExitUsage, c.want, "bad.sim.json")
	}
	if err := os.WriteFile("good.sim.json", []byte(good), 0o644); err != nil {
		t.Fatal(err)
	}
	s.want(s.do("replay", "good.sim.json"), ExitNoProgress, "the same failure")
	s.want(s.do("replay", "good.sim.json", "-p", "x=1"), ExitUsage, "-p does not go with a file")
	s.want(s.do("replay", "good.sim.json", "-defaults"), ExitUsage, "-defaults does not go with a file")
	s.want(s.do("replay", "good.sim.json", "-strategy", "random"), ExitUsage, "-strategy does not go with a file")

	repaired := toy.Clean()
	repaired.Name = "toy/deadlock"
	s.cfg.Scenarios = []*sim.Scenario{repaired}
	s.want(s.do("replay", "good.sim.json"), ExitOK, "passed, which proves little", "could not be followed")
}

func TestJSON(t *testing.T) {
	s := newShell(t)
	o := s.do("run", "toy/clean", "toy/lost-update", "-seed", "1", "-json", "-runs", "50", "-keep-going")
	s.want(o, ExitFailed, "simrun: TOY-1: no increment is lost (simrun replay toy/lost-update:")
	all := s.objects(o)
	if all[0]["type"] != "start" || all[0]["seed"] != 1.0 {
		t.Errorf("first object %v", all[0])
	}
	sum := all[len(all)-1]
	var keys []string
	for _, k := range []string{"type", "scenarios", "runs", "steps", "failures", "distinct", "seconds", "digest"} {
		if _, ok := sum[k]; !ok {
			keys = append(keys, k)
		}
	}
	if len(keys) > 0 || len(sum) != 8 || sum["type"] != "summary" || sum["scenarios"] != 2.0 || sum["runs"] != 100.0 || len(sum["digest"].(string)) != 16 {
		t.Errorf("summary %v lacks %v", sum, keys)
	}
	if !strings.HasPrefix(strings.TrimSpace(o.stdout[strings.LastIndex(strings.TrimSpace(o.stdout), "\n"):]), `{"type":"summary","scenarios":2,"runs":100,"steps":`) {
		t.Errorf("order of the summary's keys: %s", o.stdout)
	}
	f := ofType(all, "failure")[0]
	for _, k := range []string{"scenario", "seed", "strategy", "property", "rule", "message", "steps", "file", "replay", "shrink", "location"} {
		if _, ok := f[k]; !ok {
			t.Errorf("failure lacks %s: %v", k, f)
		}
	}
	if f["rule"] != "TOY-1" || f["property"] != "no increment is lost" || !strings.Contains(f["location"].([]any)[0].(string), "toy.go:") {
		t.Errorf("failure %v", f)
	}
	if got := ofType(all, "scenario"); len(got) != 2 || got[0]["failures"] != 0.0 || got[1]["failures"] != sum["failures"] {
		t.Errorf("scenarios %v", got)
	}
}

// Defaults are what fixing each parameter at its default is, and a line to paste
// says so.
func TestDefaults(t *testing.T) {
	s := newShell(t)
	do := func(more ...string) map[string]any {
		return s.last(s.do(append([]string{"run", "toy/clean", "-seed", "1", "-runs", "90", "-json"}, more...)...))
	}
	drawn, byHand, defaults := do(), do("-p", "threads=2"), do("-defaults")
	if defaults["digest"] != byHand["digest"] || defaults["digest"] == drawn["digest"] {
		t.Errorf("digest %v with defaults, %v with them by hand, %v with drawn ones", defaults["digest"], byHand["digest"], drawn["digest"])
	}
	if more := do("-defaults", "-p", "threads=3"); more["digest"] == defaults["digest"] {
		t.Error("a fixed parameter is not heeded beside the defaults")
	}
	one, same := s.do("replay", "toy/clean:3", "-defaults"), s.do("replay", "toy/clean:3", "-p", "threads=2")
	if one.code != ExitOK || digest(one.stdout) != digest(same.stdout) || digest(one.stdout) == digest(s.do("replay", "toy/clean:3").stdout) {
		t.Errorf("replayed as %s and %s", one.stdout, same.stdout)
	}
	s.want(s.do("view", "toy/clean:1", "-defaults", "-format", "ndjson"), ExitOK, "ndjson")
}

func TestDigestDoesNotDependOnWorkersOrShards(t *testing.T) {
	s := newShell(t)
	base := []string{"run", "-seed", "1", "-runs", "90", "-json", "-keep-going", "-progress", "off"}
	do := func(more ...string) map[string]any { return s.last(s.do(append(base, more...)...)) }
	want := do("-workers", "1")
	for _, n := range []string{"2", "5"} {
		got := do("-workers", n)
		for _, k := range []string{"digest", "runs", "steps", "failures", "distinct"} {
			if got[k] != want[k] {
				t.Errorf("%s workers: %s is %v, want %v", n, k, got[k], want[k])
			}
		}
	}
	var sum uint64
	for _, sh := range []string{"0/3", "1/3", "2/3"} {
		var d uint64
		if _, err := fmt.Sscanf(do("-shard", sh)["digest"].(string), "%x", &d); err != nil {
			t.Fatal(err)
		}
		sum += d
	}
	if got := fmt.Sprintf("%016x", sum); got != want["digest"] {
		t.Errorf("shards give %s, the whole %s", got, want["digest"])
	}
}

func TestEnvironmentTwins(t *testing.T) {
	s := newShell(t)
	s.env["SIMRUN_SEED"] = "77"
	s.env["SIMRUN_RUNS"] = "12"
	s.env["SIMRUN_JSON"] = "true"
	s.env["SIMRUN_KEEP_GOING"] = "1"
	s.env["SIMRUN_P"] = "threads=3,threads=2"
	start := s.objects(s.do("run", "toy/clean"))[0]
	if start["seed"] != 77.0 || start["runs"] != 12.0 {
		t.Errorf("%v", start)
	}
	if start := s.objects(s.do("run", "toy/clean", "-seed", "3"))[0]; start["seed"] != 3.0 {
		t.Errorf("the command line does not win: %v", start)
	}
	s.env["SIMRUN_WORKERS"] = "many"
	s.want(s.do("run", "toy/clean"), ExitUsage, "SIMRUN_WORKERS=many")
}

// A variable that no command knows is told of: it may be a flag that is missed.
func TestStrayVariables(t *testing.T) {
	s := newShell(t)
	s.cfg.Commands = []Command{{Name: "serve", Flags: []string{"max-frame"}, Run: func(context.Context, *Env, []string) int {
		t.Error("a command was run to find its flags")
		return 1
	}}}
	for _, name := range []string{"SIMRUN_SEDE", "SIMRUN_REPLAYS", "SIMRUN_FORMAT", "SIMRUN_PREEMPTIONS", "SIMRUN_MAX_FRAME", "SIMRUN_P"} {
		s.env[name] = "threads=2"
	}
	o := s.do("run", "toy/clean", "-seed", "1", "-runs", "5", "-progress", "off")
	s.want(o, ExitOK, `SIMRUN_SEDE is set and is the twin of no flag; did you mean "SIMRUN_SEED"?`)
	if n := strings.Count(o.stderr, "\n"); n != 1 {
		t.Errorf("%d lines on stderr: %s", n, o.stderr)
	}
}

func TestRunsAndTimeBoundEachOther(t *testing.T) {
	s := newShell(t)
	s.want(s.do("run", "toy/clean", "-runs", "7", "-for", "1h"), ExitOK, "7 runs each, for 1h0m0s at most", "ok    7 runs")
	s.want(s.do("run", "toy/clean", "-runs", "1000000000", "-for", "20ms"), ExitOK)
}

func TestFlagsAndNamesMix(t *testing.T) {
	s := newShell(t)
	s.want(s.do("run", "toy/clean", "-runs", "5", "toy/clean", "-seed", "1"), ExitOK, "5 runs")
	s.want(s.do("run", "-runs", "5", "--", "-seed"), ExitUsage, `no scenario is called "-seed"`)
}

func TestTimeBudget(t *testing.T) {
	s := newShell(t)
	begin := time.Now()
	s.want(s.do("run", "toy/clean", "-for", "100ms"), ExitOK, "for 100ms")
	if d := time.Since(begin); d < 100*time.Millisecond || d > 10*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestProgressLines(t *testing.T) {
	s := newShell(t)
	s.tty = true
	o := s.do("run", "toy/clean", "-for", "500ms")
	s.want(o, ExitOK, "\r\x1b[K", "/s", "left")
	if strings.HasSuffix(o.stderr, "left") {
		t.Error("the progress line is left on the terminal")
	}
	if o := s.do("run", "toy/clean", "-for", "300ms", "-progress", "plain"); strings.Contains(o.stderr, "\x1b") {
		t.Errorf("plain: %q", o.stderr)
	}
	if o := s.do("run", "toy/clean", "-for", "300ms", "-progress", "off", "-seed", "1"); o.stderr != "" {
		t.Errorf("off: %q", o.stderr)
	}
}

func TestProgressLine(t *testing.T) {
	got := progressLine(runner.Progress{Runs: 412318, Steps: 17_900_000, Failures: 2, Planned: 824636, Elapsed: 4 * time.Second})
	if got != "  412 318 runs  103k/s  17.9M steps  2 failed  4s left" {
		t.Error(got)
	}
	got = progressLine(runner.Progress{Budget: time.Minute, Elapsed: 15 * time.Second})
	if got != "  0 runs  0/s  0 steps  0 failed  45s left" {
		t.Error(got)
	}
	p := newProgress(&Env{Stderr: &strings.Builder{}}, "plain")
	for i := range 30 {
		p.show(runner.Progress{Elapsed: time.Duration(i) * time.Second})
	}
	if n := strings.Count(p.env.Stderr.(*strings.Builder).String(), "\n"); n != 2 {
		t.Errorf("%d plain lines in 30 s", n)
	}
}

func TestJUnit(t *testing.T) {
	s := newShell(t)
	angry := toy.LostUpdate()
	angry.Name = "toy/<angry> & \"loud\""
	s.cfg.Scenarios = append(s.cfg.Scenarios, angry)
	s.want(s.do("run", "-seed", "1", "-keep-going", "-runs", "100", "-junit", "report.xml"), ExitFailed)
	b, err := os.ReadFile("report.xml")
	if err != nil {
		t.Fatal(err)
	}
	var r junitSuites
	if err := xml.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	suite := r.Suites[0]
	if suite.Tests != 6 || len(suite.Cases) != 6 || suite.Failures != 5 || suite.Errors != 0 {
		t.Errorf("%+v", suite)
	}
	last := suite.Cases[5]
	if last.Name != angry.Name || last.Classname != "simrun" || len(last.Failures) == 0 || last.Failures[0].Type != "TOY-1" || !strings.Contains(last.Failures[0].Text, "simrun replay") {
		t.Errorf("%+v", last)
	}
	if len(suite.Cases[0].Failures) != 0 {
		t.Errorf("the clean scenario failed: %+v", suite.Cases[0])
	}
	s.want(s.do("run", "toy/clean", "-runs", "1", "-junit", "no/such/dir.xml"), ExitUsage, "-junit")
}

func TestHarnessPanic(t *testing.T) {
	s := newShell(t)
	s.cfg.Scenarios = []*sim.Scenario{toy.BrokenCheck()}
	s.want(s.do("run", "-seed", "3", "-junit", "r.xml"), ExitPanic, "panic in the harness in toy/broken-check, seed 3", "toy.go", "simrun replay toy/broken-check:3")
	b, err := os.ReadFile("r.xml")
	if err != nil || !strings.Contains(string(b), `errors="1"`) {
		t.Errorf("%s %v", b, err)
	}
	s.want(s.do("replay", "toy/broken-check:3"), ExitPanic)
	s.want(s.do("verify", "-seed", "3"), ExitPanic)
}

func TestNondeterminism(t *testing.T) {
	s := newShell(t)
	s.cfg.Scenarios = []*sim.Scenario{toy.Clean(), toy.Nondeterministic(true)}
	s.want(s.do("run", "-seed", "1", "-workers", "1"), ExitNondeterminism,
		"nondeterminism: a run did not repeat itself", "part at event 2", "counted", "1st ", "2nd ")
	s.cfg.Scenarios[1] = toy.Nondeterministic(false)
	s.want(s.do("run", "-seed", "1"), ExitOK)
	o := s.do("verify", "-seed", "1", "-runs", "20", "-json")
	s.want(o, ExitNondeterminism)
	if sum := s.last(o); sum["runs"] != 40.0 || sum["failures"] != 20.0 || sum["distinct"] != 1.0 {
		t.Errorf("%v", sum)
	}
	s.want(s.do("verify", "toy/clean"), ExitOK, "100 runs")

	s.cfg.Scenarios = []*sim.Scenario{toy.Clean(), toy.LostUpdate()}
	s.want(s.do("verify", "-seed", "1"), ExitOK, "of the runs failed, alike both times", "failed alike")
	o = s.do("verify", "-seed", "1", "-json")
	s.want(o, ExitOK)
	if sum := s.last(o); sum["failures"] != 0.0 || sum["alike"].(float64) < 10 {
		t.Errorf("%v", sum)
	}
}

func TestStuck(t *testing.T) {
	s := newShell(t)
	release := make(chan struct{})
	s.cfg.Scenarios = []*sim.Scenario{toy.Stuck(release)}
	s.cfg.Watchdog = 50 * time.Millisecond
	o := s.do("run", "-seed", "3", "-json", "-workers", "1")
	close(release)
	s.want(o, ExitNoProgress)
	f := ofType(s.objects(o), "failure")[0]
	if f["kind"] != "stuck" || f["file"] != "" || f["replay"] != "simrun replay toy/stuck:3" {
		t.Errorf("%v", f)
	}
}

func TestCorpusComesFirst(t *testing.T) {
	s := newShell(t)
	s.want(s.do("run", "toy/deadlock", "-seed", "1", "-out", "."), ExitNoProgress)
	names, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	corpus := fstest.MapFS{}
	for _, n := range names {
		if strings.HasSuffix(n.Name(), runner.FileSuffix) {
			b, err := os.ReadFile(n.Name())
			if err != nil {
				t.Fatal(err)
			}
			corpus["deadlock/one.sim.json"] = &fstest.MapFile{Data: b}
		}
	}
	before := s.last(s.do("run", "toy/clean", "-seed", "1", "-runs", "20", "-json"))
	s.cfg.Corpus = corpus
	s.want(s.do("run", "-seed", "1"), ExitNoProgress, "a stored failure has come back: deadlock/one.sim.json", "0 runs", "simrun-out/toy-deadlock-corpus-")
	after := s.last(s.do("run", "toy/clean", "-seed", "1", "-runs", "20", "-json"))
	if before["digest"] != after["digest"] || after["runs"] != 20.0 {
		t.Errorf("before %v, after %v", before, after)
	}

	repaired := toy.Clean()
	repaired.Name = "toy/deadlock"
	s.cfg.Scenarios = []*sim.Scenario{repaired}
	s.want(s.do("run", "-seed", "1"), ExitOK, "corpus 1", "deadlock/one.sim.json passes, but its decisions can no longer be followed")

	s.cfg.Scenarios = []*sim.Scenario{toy.Clean()}
	s.want(s.do("run", "-seed", "1"), ExitUsage, "deadlock/one.sim.json", `no scenario "toy/deadlock"`)
	corpus["bad.sim.json"] = &fstest.MapFile{Data: []byte("{")}
	s.want(s.do("run", "-seed", "1"), ExitUsage, "bad.sim.json", "broken or truncated")
}

func TestFaultsFlag(t *testing.T) {
	s := newShell(t)
	s.cfg.Scenarios = []*sim.Scenario{toy.Faulty(), toy.Clean()}
	s.want(s.do("run", "-seed", "1"), ExitFailed, "a lie")
	s.want(s.do("run", "-seed", "1", "-faults", "none"), ExitOK, "not explored: faults other than none")
	s.want(s.do("run", "-seed", "1", "-faults", "nap"), ExitOK)
	s.want(s.do("run", "-seed", "1", "-faults", "lie,nap"), ExitFailed, "-faults lie,nap")
}

func TestInterrupt(t *testing.T) {
	s := newShell(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.ctx = ctx
	time.AfterFunc(50*time.Millisecond, cancel)
	s.want(s.do("run", "toy/clean", "-for", "1h"), ExitInterrupted, "interrupted after", "ok  ")
}

func TestNoArtefactsIsToldAndNotFatal(t *testing.T) {
	s := newShell(t)
	if err := os.WriteFile("file", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	o := s.do("run", "toy/deadlock", "-seed", "1", "-out", "file", "-json")
	s.want(o, ExitNoProgress, "no artefacts")
	f := ofType(s.objects(o), "failure")[0]
	if f["file"] != "" || !strings.HasPrefix(f["replay"].(string), "simrun replay toy/deadlock:") {
		t.Errorf("%v", f)
	}
}

// Runs of which no progress was demanded are told, not passed over.
func TestMootRuns(t *testing.T) {
	s := newShell(t)
	s.cfg.Scenarios = []*sim.Scenario{toy.Clean(), toy.Moot(false)}
	o := s.do("run", "-seed", "1", "-runs", "100", "-json")
	got := ofType(s.objects(o), "scenario")
	moot, _ := got[1]["moot"].(float64)
	if o.code != ExitOK || got[0]["moot"] != 0.0 || moot < 20 || moot > 80 {
		t.Fatalf("%+v", o)
	}
	s.want(s.do("run", "-seed", "1", "-runs", "100"), ExitOK, fmt.Sprintf("steps each  %.0f moot\n", moot))
	if o := s.do("run", "toy/clean", "-seed", "1", "-runs", "100"); strings.Contains(o.stdout, "moot") {
		t.Errorf("a scenario without a goal: %s", o.stdout)
	}
	for seed := 1; ; seed++ {
		if o := s.do("replay", fmt.Sprintf("toy/moot:%d", seed)); strings.Contains(o.stdout, "1 moot") {
			s.want(o, ExitOK, "replay: its goal was out of reach: nobody was left to send it")
			return
		}
		if seed == 20 {
			t.Fatal("no run of 20 is moot")
		}
	}
}
