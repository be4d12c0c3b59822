package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim/internal/toy"
)

// shell is a command line with a registry, run in a directory of its own.
type shell struct {
	t   *testing.T
	cfg Config
	env map[string]string
	ctx context.Context
	tty bool
}

func newShell(t *testing.T) *shell {
	t.Chdir(t.TempDir())
	return &shell{t: t, cfg: Config{Scenarios: toy.All()}, env: map[string]string{}, ctx: context.Background()}
}

// out is what a command did.
type out struct {
	code           int
	stdout, stderr string
}

func (s *shell) do(args ...string) out {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	env := &Env{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Terminal: s.tty,
		LookupEnv: func(k string) (string, bool) { v, ok := s.env[k]; return v, ok },
		Environ: func() (all []string) {
			for k, v := range s.env {
				all = append(all, k+"="+v)
			}
			return all
		},
	}
	code := s.cfg.Run(s.ctx, env, args)
	return out{code, stdout.String(), stderr.String()}
}

// want demands a code, and texts on stdout and stderr.
func (s *shell) want(o out, code int, texts ...string) {
	s.t.Helper()
	if o.code != code {
		s.t.Errorf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", o.code, code, o.stdout, o.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(o.stdout+o.stderr, text) {
			s.t.Errorf("no %q in\nstdout:\n%s\nstderr:\n%s", text, o.stdout, o.stderr)
		}
	}
}

// objects decodes JSON output.
func (s *shell) objects(o out) []map[string]any {
	s.t.Helper()
	var all []map[string]any
	for _, line := range strings.Split(strings.TrimSpace(o.stdout), "\n") {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			s.t.Fatalf("line %q: %v\nstderr:\n%s", line, err, o.stderr)
		}
		all = append(all, v)
	}
	return all
}

// ofType returns the objects of one type.
func ofType(all []map[string]any, kind string) []map[string]any {
	var some []map[string]any
	for _, o := range all {
		if o["type"] == kind {
			some = append(some, o)
		}
	}
	return some
}

func (s *shell) last(o out) map[string]any {
	s.t.Helper()
	all := s.objects(o)
	return all[len(all)-1]
}

func TestUsage(t *testing.T) {
	s := newShell(t)
	s.cfg.Commands = []Command{{Name: "serve", Args: "broker|echo", Doc: "puts a node on a socket", Run: func(_ context.Context, env *Env, args []string) int {
		env.Errorf("serving %v", args)
		return 42
	}}}
	o := s.do()
	s.want(o, ExitUsage, "usage: simrun COMMAND", "run [NAME|GLOB …]", "serve broker|echo", "version")
	if o.stdout != "" {
		t.Error("usage error on stdout")
	}
	for _, arg := range []string{"-h", "--help", "help"} {
		if o := s.do(arg); o.code != 0 || !strings.Contains(o.stdout, "usage: simrun COMMAND") {
			t.Errorf("%s: %+v", arg, o)
		}
	}
	s.want(s.do("help", "run"), ExitOK, "-keep-going", "examples:\n  simrun run")
	s.want(s.do("help", "rum"), ExitUsage, `did you mean "run"?`)
	s.want(s.do("serve", "broker", "-x"), 42, "simrun: serving [broker -x]")
	s.want(s.do("shrnk", "x.sim.json"), ExitUsage, `unknown command "shrnk"`, `did you mean "shrink"?`, "simrun -h")
	s.want(s.do("verfy"), ExitUsage, `did you mean "verify"?`)
	for _, cmd := range []string{"list", "run", "replay", "shrink", "explain", "verify", "version"} {
		o := s.do(cmd, "-h")
		s.want(o, ExitOK, "usage: simrun "+cmd, "examples:\n  simrun "+cmd, "SIMRUN_NAME for -name")
		if o.stderr != "" {
			t.Errorf("%s -h on stderr: %s", cmd, o.stderr)
		}
	}
}

func TestOtherProgramName(t *testing.T) {
	s := newShell(t)
	s.cfg.Program = "mysim"
	s.want(s.do(), ExitUsage, "usage: mysim")
	s.want(s.do("run", "toy/deadlock", "-seed", "1"), ExitNoProgress, "mysim replay simrun-out/toy-deadlock-")
}

func TestUsageErrors(t *testing.T) {
	s := newShell(t)
	for _, c := range []struct {
		args string
		want string
	}{
		{"run -nosuch", "unknown flag -nosuch"},
		{"run -seeds 4", `unknown flag -seeds; did you mean "seed"?`},
		{"run -runs -5", "-5"},
		{"run -runs 0", "want a number from 1"},
		{"run -runs many", "want a number from 1"},
		{"run -seed x", `invalid value "x" for flag -seed`},
		{"run -seed -1", "-seed"},
		{"run -shard 9/3", "want I/N with I from 0 to N-1"},
		{"run -shard 3/3", "want I/N"},
		{"run -shard 1", "want I/N"},
		{"run -shard -1/3", "want I/N"},
		{"run -shard 0/0", "want I/N"},
		{"run -workers -1", "-workers -1"},
		{"run -for -3s", "-for -3s"},
		{"run -for soon", "-for"},
		{"run -strategy surf", `unknown strategy "surf" (want auto, surw`},
		{"run -strategy dfs", "needs a bound"},
		{"run -strategy dfs:1 -shard 0/2", "cannot be done in shards"},
		{"verify -strategy dfs:1", "nothing more to verify"},
		{"replay toy/clean:5 -strategy dfs:1", "no seeds of their own"},
		{"run -strategy dfs:1 -workers 2", "a search by run has one worker"},
		{"replay toy/clean:5 -runs 3", "there is no -runs here: replay repeats one run"},
		{"replay x.sim.json -seed 3", "there is no -seed here"},
		{"verify -for 3s", "there is no -for here: verify executes each run twice"},
		{"verify -keep-going", "there is no -keep-going here"},
		{"run -progress fancy", "want auto, plain, off"},
		{"run -p threads", "want KEY=NUMBER"},
		{"run -p threads=x", "want KEY=NUMBER"},
		{"run -p threads=99", "parameter threads=99 is not in [1, 4]"},
		{"run -p nosuch=1", `no scenario that is selected has a parameter "nosuch"`},
		{"run -faults fire", `no scenario that is selected has a fault "fire"`},
		{"run -out=", "want a directory"},
		{"run toy/claen", `did you mean "toy/clean"?`},
		{"run toy/clean other/*", `nothing selected: no scenario is called "other/*"`},
		{"list nosuch", "nothing selected"},
		{"verify nosuch", "nothing selected"},
		{"verify -shard 9/3", "want I/N"},
		{"replay", "want one FILE or NAME:SEED, got 0 arguments"},
		{"replay a b", "got 2 arguments"},
		{"replay nosuch.sim.json", `no file "nosuch.sim.json"`},
		{"replay toy/claen:5", `no scenario is called "toy/claen"; did you mean "toy/clean"?`},
		{"replay toy/clean:5 -strategy nosuch", "unknown strategy"},
		{"replay toy/clean:5 -p x=1", `has a parameter "x"`},
		{"replay .", "replay: "},
		{"shrink toy/clean:5", "this makes one of it:\n  simrun replay toy/clean:5 -out simrun-out"},
		{"explain toy/claen:5", `no file "toy/claen:5"`},
		{"version now", `unexpected argument "now"`},
	} {
		o := s.do(strings.Fields(c.args)...)
		if o.code != ExitUsage || !strings.Contains(o.stderr, c.want) || o.stdout != "" {
			t.Errorf("%s: %+v\nwant %q", c.args, o, c.want)
		}
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 0 {
		t.Errorf("files were left: %v %v", entries, err)
	}
}

func TestNoScenarios(t *testing.T) {
	s := newShell(t)
	s.cfg.Scenarios = nil
	for _, cmd := range []string{"run", "list", "verify"} {
		s.want(s.do(cmd), ExitUsage, "nothing selected")
	}
}

func TestList(t *testing.T) {
	s := newShell(t)
	s.want(s.do("list"), ExitOK, "toy/clean", "a counter under a mutex  [TOY-1 #micro]", "toy/panics")
	o := s.do("list", "*lost*", "toy/dead????", "-json")
	all := s.objects(o)
	if o.code != 0 || len(all) != 2 || all[0]["name"] != "toy/lost-update" || all[1]["name"] != "toy/deadlock" {
		t.Fatalf("%+v", o)
	}
	p := all[0]["params"].([]any)[0].(map[string]any)
	if p["name"] != "threads" || p["min"] != 1.0 || p["max"] != 4.0 || p["default"] != 2.0 {
		t.Errorf("%v", p)
	}
	if r := all[0]["properties"].([]any)[0].(map[string]any); r["rule"] != "TOY-1" {
		t.Errorf("%v", r)
	}
}

func TestVersion(t *testing.T) {
	s := newShell(t)
	s.want(s.do("version"), ExitOK, "simrun ", "commit ", "go1.", "history format 1", "failure file format 2")
	s.want(s.do("--version"), ExitOK, "history format 1")
	if v := s.last(s.do("version", "-json")); v["history_format"] != 1.0 {
		t.Errorf("%v", v)
	}
}

func TestPanicOfACommand(t *testing.T) {
	s := newShell(t)
	s.cfg.Commands = []Command{{Name: "boom", Run: func(context.Context, *Env, []string) int { panic("bang") }}}
	s.want(s.do("boom"), ExitPanic, "panic in the harness: bang", "cli_test.go")
}

func TestACommandReplacesABuiltIn(t *testing.T) {
	s := newShell(t)
	s.cfg.Commands = []Command{{Name: "list", Doc: "mine", Run: func(context.Context, *Env, []string) int { return 7 }}}
	s.want(s.do("list"), 7)
	s.want(s.do(), ExitUsage, "mine")
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"a", "a", true}, {"a", "b", false}, {"*", "", true}, {"*", "a/b", true}, {"a/*", "a/b/c", true},
		{"*c", "a/b/c", true}, {"*b", "a/b/c", false}, {"a*b*c", "aXbYc", true}, {"a?c", "abc", true}, {"a?c", "ac", false}, {"", "", true}, {"", "a", false}, {"**", "x", true},
	} {
		if got := match(c.pattern, c.name); got != c.want {
			t.Errorf("match(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	all := []string{"run", "replay", "verify", "toy/lost-update"}
	for word, want := range map[string]string{
		"rnu": "run", "replya": "replay", "verify ": "verify", "toy/lost-updates": "toy/lost-update", "conform": "", "x": "",
	} {
		got := didYouMean(word, all)
		if want == "" && got != "" || want != "" && !strings.Contains(got, `"`+want+`"`) {
			t.Errorf("%q: %q", word, got)
		}
	}
}
