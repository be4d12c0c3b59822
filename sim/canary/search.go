package canary

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Trial is one search for the failure of a canary.
type Trial struct {
	// Seed is the first seed, Runs the number of runs up to and with the failure,
	// or of all runs if none failed.
	Seed, Runs uint64
	// Failed says that a run failed. What follows is empty if not.
	Failed bool
	// Rule is what broke: the rule's id, or the sort of failure if it has none.
	Rule string
	// Message is the failure's sentence.
	Message string
	// Right says that the rule is one of those expected.
	Right bool
	// Repeats says that each replay of the failure's file failed in the same way.
	Repeats bool
	// File is the failure's file, as the program wrote it.
	File []byte
	// Shrunk is what shrinking made of it, nil if it was not asked for or failed.
	Shrunk *Shrunk
	// Elapsed is the wall-clock time of the search, without build, replays and
	// shrinking.
	Elapsed time.Duration
}

// Shrunk is a failure made smaller.
type Shrunk struct {
	// Before and After are the decisions that the run takes from its file.
	Before, After int
	// Minimal says that leaving any one out makes the run pass.
	Minimal bool
	// File is the smaller file.
	File []byte
}

// exitInterrupted is package cli's exit code of a command that a signal ended.
const exitInterrupted = 130

// program is a built canary, to be run in a directory of its own.
type program struct {
	path, dir string
	environ   []string
}

// object is what matters of the lines of -json.
type object struct {
	Type, Rule, Kind, Message, File, Digest string
	Seed, Runs                              uint64
	Minimal                                 bool
	Before, After                           struct{ Decisions int }
}

// rule names what broke.
func (o *object) rule() string {
	if o.Rule != "" {
		return o.Rule
	}
	return o.Kind
}

// search looks for a failing run among runs seeds. It fails if the program says
// neither that a run failed nor that none did.
func (p *program) search(ctx context.Context, c *Canary, seed, runs uint64) (*Trial, error) {
	begin := time.Now()
	code, all, err := p.do(ctx, "run", c.Scenario, "-seed", strconv.FormatUint(seed, 10), "-runs", strconv.FormatUint(runs, 10),
		"-workers", "1", "-corpus", "off", "-out", "out")
	if err != nil {
		return nil, err
	}
	t := &Trial{Seed: seed, Elapsed: time.Since(begin)}
	failure, summary := first(all, "failure"), first(all, "summary")
	switch {
	case failure != nil:
		t.Failed, t.Runs = true, failure.Seed-seed+1
		t.Rule, t.Message = failure.rule(), failure.Message
		if t.File, err = os.ReadFile(p.join(failure.File)); err != nil {
			return nil, fmt.Errorf("the failure left no file: %w", err)
		}
	case summary != nil && (code == 0 || code == exitInterrupted):
		t.Runs = summary.Runs
	default:
		return nil, fmt.Errorf("run %s ended with exit code %d and no failure", c.Scenario, code)
	}
	return t, nil
}

// replay repeats the run of a file n times and reports whether all failed alike,
// as t says.
func (p *program) replay(ctx context.Context, t *Trial, n int) (bool, error) {
	path := p.join("found.sim.json")
	if err := os.WriteFile(path, t.File, 0o644); err != nil {
		return false, err
	}
	digest := ""
	for range n {
		_, all, err := p.do(ctx, "replay", path)
		if err != nil {
			return false, err
		}
		failure, summary := first(all, "failure"), first(all, "summary")
		if failure == nil || summary == nil || failure.rule() != t.Rule || failure.Message != t.Message {
			return false, nil
		}
		if digest != "" && summary.Digest != digest {
			return false, nil
		}
		digest = summary.Digest
	}
	return true, nil
}

// shrink makes the run of t smaller.
func (p *program) shrink(ctx context.Context, t *Trial, limit time.Duration) (*Shrunk, error) {
	path := p.join("found.sim.json")
	if err := os.WriteFile(path, t.File, 0o644); err != nil {
		return nil, err
	}
	code, all, err := p.do(ctx, "shrink", path, "-for", limit.String())
	if err != nil {
		return nil, err
	}
	o := first(all, "shrunk")
	if o == nil {
		return nil, fmt.Errorf("shrink ended with exit code %d and no result", code)
	}
	file, err := os.ReadFile(p.join(o.File))
	if err != nil {
		return nil, err
	}
	return &Shrunk{Before: o.Before.Decisions, After: o.After.Decisions, Minimal: o.Minimal, File: file}, nil
}

// join makes a path of the program's an absolute one.
func (p *program) join(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.dir, name)
}

// do runs the program with -json and returns the objects that it prints.
func (p *program) do(ctx context.Context, args ...string) (code int, all []object, err error) {
	cmd := command(ctx, p.dir, p.environ, p.path, append(args, "-json", "-progress", "off")...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) && ctx.Err() == nil {
		return 0, nil, err
	}
	code = cmd.ProcessState.ExitCode()
	for line := range bytes.Lines(stdout.Bytes()) {
		o, err := parse(line)
		if err != nil {
			return code, nil, fmt.Errorf("%s printed %q, which is no object", args[0], line)
		}
		all = append(all, o)
	}
	if len(all) == 0 && ctx.Err() == nil {
		return code, nil, fmt.Errorf("%s ended with exit code %d: %s", args[0], code, firstLine(strings.TrimSpace(stderr.String())))
	}
	return code, all, nil
}

// parse reads an object. Of those of other types than matter here it takes the type
// alone: their fields may be anything.
func parse(line []byte) (o object, err error) {
	var kind struct{ Type string }
	if err := json.Unmarshal(line, &kind); err != nil {
		return o, err
	}
	switch kind.Type {
	case "failure", "summary", "shrunk":
		err = json.Unmarshal(line, &o)
	}
	o.Type = kind.Type
	return o, err
}

func first(all []object, kind string) *object {
	for i := range all {
		if all[i].Type == kind {
			return &all[i]
		}
	}
	return nil
}

// patience is how long a process may take to end after an interrupt.
const patience = 5 * time.Second

// command is a command that ctx interrupts before it kills it.
func command(ctx context.Context, dir string, environ []string, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, environ
	cmd.WaitDelay = patience
	cmd.Cancel = func() error {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	return cmd
}
