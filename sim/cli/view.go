package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/runner"
	"github.com/collider-amqp/collider/sim/shrink"
	"github.com/collider-amqp/collider/sim/view"
)

// viewer is the command view at work.
type viewer struct {
	*reporter
	format  oneOf
	out     string
	explain bool
	overlay string
	ctx     context.Context
}

// view draws one run, of a file or of a seed.
func (c *Config) view(ctx context.Context, env *Env, args []string) int {
	flags := NewFlags(env, "view", "FILE|NAME:SEED",
		"Repeats one run and draws it: as an HTML page that needs nothing else, as a trace for Perfetto (chrome), "+
			"as a packet capture for Wireshark (pcapng), or as its history (ndjson). The page says, too, what makes a run fail, "+
			"from the smallest run that fails in the same way. FILE is a failure file or a history. "+
			"The drawing is written beside FILE, or to the working directory. NAME:SEED takes the flags of run that choose it.",
		"view simrun-out/broker-7.sim.json", "view broker:7 -format pcapng -o broker.pcapng")
	v := &viewer{format: oneOf{"html", view.Formats}, ctx: ctx}
	f := &runFlags{Flags: flags, strategy: "auto", faults: "all"}
	flags.Var(&v.format, "format", "`FORMAT` of the drawing: "+strings.Join(view.Formats, ", "))
	flags.StringVar(&v.out, "o", "", "write to `FILE` instead; - means standard output")
	flags.BoolVar(&v.explain, "explain", true, "look for what makes the run fail, for the page; -explain=false draws at once")
	flags.StringVar(&v.overlay, "overlay", "", "read the sources as 'go build -overlay `FILE`' did")
	flags.StringVar(&f.strategy, "strategy", "auto", "scheduling strategy `NAME`, as for run")
	flags.StringVar(&f.faults, "faults", "all", "faults that may happen: all, none or a `LIST` a,b")
	flags.Var(&f.params, "p", "fix a scenario parameter, `KEY=NUMBER`; may be repeated")
	flags.BoolVar(&f.defaults, "defaults", false, "give the parameters that are not fixed their defaults, as for run")
	rest, code, ok := flags.ParseArgs(args)
	if !ok {
		return code
	}
	if len(rest) != 1 {
		env.Errorf("view: want one FILE or NAME:SEED, got %d arguments", len(rest))
		return ExitUsage
	}
	v.reporter = &reporter{c: c, env: env, f: f}
	if name, seed, ok := splitSeed(rest[0]); ok {
		if s := c.scenario(name); s != nil {
			return v.seed(s, seed)
		}
		if _, err := os.Stat(rest[0]); errors.Is(err, fs.ErrNotExist) {
			return v.refuse("no scenario is called %q%s; '%s list' lists them", name, didYouMean(name, c.scenarioNames()), c.Program)
		}
	}
	for _, name := range []string{"p", "defaults", "strategy", "faults"} {
		if f.given(name) {
			return v.refuse("-%s does not go with a file", name)
		}
	}
	return v.file(rest[0])
}

func (v *viewer) refuse(format string, args ...any) int {
	v.env.Errorf("view: %s", fmt.Sprintf(format, args...))
	return ExitUsage
}

// seed draws the run of a scenario with a seed.
func (v *viewer) seed(s *sim.Scenario, seed uint64) int {
	spec := runner.Spec{Seed: seed, Strategy: v.f.strategy, Params: v.f.params, Defaults: v.f.defaults, Faults: v.f.faults}
	result, f, err := runner.RepeatTwice(s, spec, v.c.Watchdog)
	if err != nil {
		return v.broken(err)
	}
	name := fmt.Sprintf("%s:%d", s.Name, seed)
	replay := v.c.Program + " replay " + runner.ShellWord(name) + v.f.runLine()
	var file *runner.File
	if f != nil {
		file = f.File(runner.Origin{Registry: v.c.Program})
	}
	return v.draw(s, &result, f, file, replay, runner.FileName(s.Name)+fmt.Sprintf("-%d", seed))
}

// file draws the run of a failure file, or a history.
func (v *viewer) file(path string) int {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return v.refuse("no file %q, and it is not NAME:SEED either", path)
	}
	if err != nil {
		return v.refuse("%v", err)
	}
	if h, err := history.Read(bytes.NewReader(b)); err == nil {
		base := strings.TrimSuffix(strings.TrimSuffix(path, ".ndjson"), ".history")
		return v.write(&view.Run{Scenario: filepath.Base(path), History: h}, base)
	}
	file, err := runner.Decode(b)
	if err != nil {
		return v.refuse("%s: %v", path, err)
	}
	if file.Origin.Test != "" {
		return v.refuse("%s is from a test, which can do it:\n  %s", path, runner.TestLineFor("SIM_VIEW", path, file.Origin))
	}
	s, err := file.Find(v.c.Scenarios)
	if err != nil {
		return v.unknown(path, file, err)
	}
	o, err := runner.Replay(s, file, v.c.Watchdog)
	if err != nil {
		return v.broken(fmt.Errorf("%s: %w", path, err))
	}
	if !o.Exact {
		v.sayf("%s: %s", path, o.Verdict(file))
	}
	replay := v.c.Program + " replay " + runner.ShellWord(path)
	return v.draw(s, &o.Result, o.Failure, file, replay, strings.TrimSuffix(path, runner.FileSuffix))
}

// draw repeats a run under a tap and writes the drawing. A stuck run is drawn as
// far as its history goes.
func (v *viewer) draw(s *sim.Scenario, known *sim.Result, f *runner.Failure, file *runner.File, replay, base string) int {
	run := &view.Run{Scenario: s.Name, Doc: s.Doc, Replay: replay, Result: known}
	if f != nil {
		run.Property, run.Result = f.Property, &f.Result
		if f.Result.Failure.Kind == sim.Nondeterminism {
			fmt.Fprint(v.env.Stdout, f.Text())
			return ExitNondeterminism
		}
	}
	if known.Failure == nil || known.Failure.Kind != sim.Stuck {
		tap := &view.Tap{Decode: v.c.Frames}
		watched, err := runner.Watch(s, run.Result, tap, v.c.Watchdog)
		var we *runner.WatchError
		if errors.As(err, &we) {
			v.env.Errorf("view: %v", err)
			return ExitNondeterminism
		}
		if err != nil {
			return v.broken(err)
		}
		run.Result, run.Tap = &watched, tap
	}
	if err := v.sources(run); err != nil {
		return v.refuse("-overlay: %v", err)
	}
	if f != nil {
		v.why(s, run, file)
	}
	return v.write(run, base)
}

// why has the page of a failing run say what makes it fail. What cannot be found
// out is a hint on the page.
func (v *viewer) why(s *sim.Scenario, run *view.Run, file *runner.File) {
	if run.Tap == nil || v.format.value != "html" {
		return
	}
	if !v.explain {
		run.Hint = "What makes it fail was not looked for (-explain=false)."
		return
	}
	o, ok := shrink.Brief(file, run.Result.Steps, v.c.Watchdog)
	if !ok {
		run.Hint = fmt.Sprintf("The run is long: what makes it fail was not looked for. '%s explain FILE' does.", v.c.Program)
		return
	}
	e, err := shrink.Explain(v.ctx, s, file, o)
	if err != nil {
		run.Hint = fmt.Sprintf("What makes it fail could not be found out: %v.", err)
		return
	}
	if e.Shrunk.Divergent != nil {
		run.Hint = "What makes it fail could not be found out: a run did not repeat itself."
		return
	}
	run.Explanation = e
}

// sources has the page's source lines come from where go build -overlay took them.
func (v *viewer) sources(run *view.Run) error {
	if v.overlay == "" {
		return nil
	}
	b, err := os.ReadFile(v.overlay)
	if err != nil {
		return err
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(b, &overlay); err != nil {
		return fmt.Errorf("%s: %w", v.overlay, err)
	}
	replace := make(map[string]string, len(overlay.Replace))
	for path, other := range overlay.Replace {
		if path, err = filepath.Abs(path); err != nil {
			return err
		}
		replace[path] = other
	}
	run.Sources = func(path string) ([]byte, error) {
		if other, ok := replace[path]; ok {
			path = other
		}
		return os.ReadFile(path)
	}
	return nil
}

// write writes the drawing to base with the format's extension, or where -o says.
func (v *viewer) write(run *view.Run, base string) int {
	var b bytes.Buffer
	if err := view.Write(&b, v.format.value, run); err != nil {
		return v.refuse("%s", strings.TrimPrefix(err.Error(), "view: "))
	}
	path := v.out
	if path == "" {
		path = base + view.Extension(v.format.value)
	}
	if path == "-" {
		if _, err := v.env.Stdout.Write(b.Bytes()); err != nil {
			return v.refuse("%v", err)
		}
		return ExitOK
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		return v.refuse("%v", err)
	}
	fmt.Fprintf(v.env.Stdout, "%s  %s, %d KiB\n", path, run.Title(), (b.Len()+1023)/1024)
	return ExitOK
}
