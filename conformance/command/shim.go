package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/collider-amqp/collider/conformance/shim"
	"github.com/collider-amqp/collider/sim/check"
	"github.com/collider-amqp/collider/sim/cli"
	"github.com/collider-amqp/collider/sim/history"
)

// Shim returns the sub-command that judges an implementation, attached by a shim
// process, on the threading promises that it makes.
func Shim() cli.Command {
	return cli.Command{Name: "shim", Args: "-- CMD …", Doc: "judge a container, attached by a shim, on its threading promises", Run: runShim}
}

// shimFlags are the flags of 'conform shim'.
type shimFlags struct {
	env      *cli.Env
	seed     *uint64
	runs     *int
	program  *string
	json     *bool
	dir      *string
	deadline *time.Duration
}

func runShim(ctx context.Context, env *cli.Env, args []string) int {
	f := cli.NewFlags(env, "conform shim", "-- CMD [ARG …]",
		"Starts the shim CMD, runs the threading programs over seeds through it, and judges what the library promises.",
		"conform shim -- ./proton-shim", "conform shim -program wake-coalescing -runs 100 -- ./proton-shim")
	flags := shimFlags{
		env:      env,
		seed:     f.Uint64("seed", 1, "first seed"),
		runs:     f.Int("runs", 25, "`N` seeds of each program"),
		program:  f.String("program", "", "only the program of this `NAME`"),
		json:     f.Bool("json", false, "print one object a line on stdout, the last one of type summary"),
		dir:      f.String("report", "", "write the history of each failed run into `DIR`"),
		deadline: f.Duration("timeout", 10*time.Second, "the longest wait for one answer of the shim"),
	}
	command, code, ok := f.ParseArgs(args)
	if !ok {
		return code
	}
	if len(command) == 0 {
		env.Errorf("conform shim: name the shim's command, as in '%s conform shim -- ./proton-shim'", env.Program)
		return cli.ExitUsage
	}
	if *flags.runs < 1 || *flags.deadline <= 0 {
		env.Errorf("conform shim: -runs and -timeout want positive values")
		return cli.ExitUsage
	}
	programs := flags.programs()
	if len(programs) == 0 {
		env.Errorf("conform shim: no program is named %q; the programs are %s", *flags.program, programNames())
		return cli.ExitUsage
	}
	if *flags.dir != "" {
		if err := os.MkdirAll(*flags.dir, 0o755); err != nil {
			env.Errorf("conform shim: %v", err)
			return cli.ExitUsage
		}
	}
	return flags.judge(ctx, command, programs)
}

func programNames() string {
	text := ""
	for i, p := range shim.Programs() {
		if i > 0 {
			text += ", "
		}
		text += p.Name
	}
	return text
}

// programs returns the selected ones.
func (f *shimFlags) programs() []shim.Program {
	var chosen []shim.Program
	for _, p := range shim.Programs() {
		if *f.program == "" || *f.program == p.Name {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

// shimResult is what came of one program.
type shimResult struct {
	Type    string   `json:"type"` // "program"
	Program string   `json:"program"`
	Verdict string   `json:"verdict"` // OK, FAILED, CRASH, HANG
	Runs    int      `json:"runs"`
	Events  int      `json:"events"`
	Seed    uint64   `json:"seed,omitempty"` // of the run that failed
	Rule    string   `json:"rule,omitempty"`
	Message string   `json:"message,omitempty"`
	Also    []string `json:"also,omitempty"` // further rules broken in that run
	History string   `json:"history,omitempty"`
}

// judge starts the shim for each program, so that one that ends badly does not
// spoil the next.
func (f *shimFlags) judge(ctx context.Context, command []string, programs []shim.Program) int {
	failed := 0
	for i, p := range programs {
		client, err := shim.Start(ctx, shim.Options{Command: command, Deadline: *f.deadline})
		if err != nil {
			f.env.Errorf("conform shim: %v", err)
			return cli.ExitUsage
		}
		if i == 0 && !*f.json {
			h := client.Hello()
			fmt.Fprintf(f.env.Stdout, "%s %s by shim %s %s (%s)\n", h.Name, h.LibVersion, h.Name, h.Version, h.Language)
		}
		r, err := f.run(ctx, client, p)
		closeErr := client.Close()
		switch {
		case err != nil:
			f.env.Errorf("conform shim: %v", err)
			return cli.ExitPanic
		case closeErr != nil && r.Verdict == "OK":
			r.Verdict, r.Message = "CRASH", closeErr.Error()
		}
		f.print(r)
		if r.Verdict != "OK" {
			failed++
		}
	}
	if *f.json {
		f.line(map[string]any{"type": "summary", "programs": len(programs), "failed": failed})
	}
	if failed > 0 {
		return cli.ExitFailed
	}
	return cli.ExitOK
}

// run runs one program over its seeds, up to the first failure. The error is a
// fault of the shim.
func (f *shimFlags) run(ctx context.Context, client *shim.Client, p shim.Program) (shimResult, error) {
	r := shimResult{Type: "program", Program: p.Name, Verdict: "OK"}
	for seed := *f.seed; seed < *f.seed+uint64(*f.runs); seed++ {
		h, err := shim.RunProgram(ctx, client, p.Name, seed)
		r.Runs++
		r.Events += len(h.Events)
		var crash *shim.CrashError
		var hang *shim.HangError
		switch {
		case errors.As(err, &crash):
			r.Verdict, r.Seed, r.Message = "CRASH", seed, err.Error()
		case errors.As(err, &hang):
			r.Verdict, r.Seed, r.Message = "HANG", seed, err.Error()
		case err != nil:
			return r, err
		default:
			r.violations(seed, shim.Judge(&h, client.Hello().Promises))
		}
		if r.Verdict != "OK" {
			return r, f.keep(&r, &h)
		}
	}
	return r, nil
}

// violations takes the rules over that a run breaks.
func (r *shimResult) violations(seed uint64, broken []check.Violation) {
	if len(broken) == 0 {
		return
	}
	r.Verdict, r.Seed, r.Rule, r.Message = "FAILED", seed, broken[0].Rule, broken[0].Message
	for _, v := range broken[1:] {
		r.Also = append(r.Also, v.Rule+": "+v.Message)
	}
}

// keep writes the history of a failed run.
func (f *shimFlags) keep(r *shimResult, h *history.History) error {
	if *f.dir == "" || len(h.Events) == 0 {
		return nil
	}
	r.History = filepath.Join(*f.dir, fmt.Sprintf("%s-%d.history.ndjson", r.Program, r.Seed))
	file, err := os.Create(r.History)
	if err != nil {
		return err
	}
	if err := history.Write(file, h); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

func (f *shimFlags) print(r shimResult) {
	if *f.json {
		f.line(r)
		return
	}
	fmt.Fprintf(f.env.Stdout, "  %-8s %-20s %d runs, %d events\n", r.Verdict, r.Program, r.Runs, r.Events)
	if r.Verdict == "OK" {
		return
	}
	if r.Rule != "" {
		r.Message = r.Rule + ": " + r.Message
	}
	fmt.Fprintf(f.env.Stdout, "           seed %d  %s\n", r.Seed, r.Message)
	for _, also := range r.Also {
		fmt.Fprintf(f.env.Stdout, "           also %s\n", also)
	}
	if r.History != "" {
		fmt.Fprintf(f.env.Stdout, "           history %s\n", r.History)
	}
}

func (f *shimFlags) line(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs
	}
	fmt.Fprintf(f.env.Stdout, "%s\n", text)
}
