package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/canary"
	"github.com/collider-amqp/collider/sim/runner"
	"github.com/collider-amqp/collider/sim/view"
)

// Exit codes.
const (
	ExitOK             = 0
	ExitFailed         = 1   // a property or case failed
	ExitUsage          = 2   // usage, bad input, or nothing selected
	ExitNoProgress     = 3   // deadlock, livelock, leak, stuck
	ExitNondeterminism = 4   // a run did not repeat itself
	ExitPanic          = 5   // a panic in the harness
	ExitInterrupted    = 130 // by a signal, before anything failed
)

// Config of a command line.
type Config struct {
	// Program is the name printed in pasteable lines. Empty means "simrun".
	Program string
	// Scenarios is the registry. Names must be distinct.
	Scenarios []*sim.Scenario
	// Corpus holds failure files, *.sim.json at any depth, that are replayed
	// before a run. Nil means none.
	Corpus fs.FS
	// Commands are further commands. One with the name of a built-in command
	// replaces it.
	Commands []Command
	// Selftest says where the planted bugs of this program are, for the command
	// selftest. Nil means that there are none, and no such command.
	Selftest *canary.Suite
	// Frames finds the frames in what goes over the simulated network, for view.
	// Nil shows bytes.
	Frames view.Decoder
	// Watchdog is the wall-clock time after which a step that does not come
	// back is reported. Zero means 10 s, negative never.
	Watchdog time.Duration

	_ struct{}
}

// Command is a command of the command line.
type Command struct {
	// Name is its first word, Args what follows, as "broker|echo -listen ADDR".
	Name, Args string
	// Doc says in one line what it does.
	Doc string
	// Run executes it and returns the exit code. args are the words after the
	// name.
	Run func(ctx context.Context, env *Env, args []string) int
	// Flags are the names of its flags, those of its subcommands included: their twins
	// in the environment are not taken for mistakes by other commands.
	Flags []string

	builtIn bool
}

// Env is what a command has of the outside world.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// LookupEnv reads an environment variable, as os.LookupEnv.
	LookupEnv func(name string) (string, bool)
	// Environ lists the environment, as os.Environ. Nil means that nobody is told of
	// variables that look like twins of flags and are none.
	Environ func() []string
	// Terminal says that Stderr is one: its lines may be rewritten.
	Terminal bool
	// Program is Config.Program.
	Program string

	activity runner.Activity
	commands []Command
	probe    func(*flag.Flag) // told of the flags when help is asked for
}

// Errorf prints a sentence on Stderr with the program's name before it.
func (e *Env) Errorf(format string, args ...any) {
	fmt.Fprintf(e.Stderr, "%s: %s\n", e.Program, fmt.Sprintf(format, args...))
}

// Main runs the command line of the process and returns its exit code. SIGINT
// and SIGTERM end a command in order; a second one ends the process. SIGQUIT names the
// runs that run and verify are at, and then does what it does to every Go program.
// Unless GOGC is set, the garbage collector is made to run less often than by default.
func Main(c Config) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	relaxCollector()
	env := &Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, LookupEnv: os.LookupEnv, Environ: os.Environ}
	if st, err := os.Stderr.Stat(); err == nil {
		env.Terminal = st.Mode()&os.ModeCharDevice != 0
	}
	quit := make(chan os.Signal, 1)
	signal.Notify(quit, syscall.SIGQUIT)
	defer signal.Stop(quit)
	go func() {
		<-quit
		env.tellActivity()
		signal.Reset(syscall.SIGQUIT)
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			self.Signal(syscall.SIGQUIT)
		}
	}()
	return c.Run(ctx, env, os.Args[1:])
}

// tellActivity names the runs that are at work.
func (e *Env) tellActivity() {
	for _, r := range e.activity.Runs() {
		e.Errorf("at work for %v: %s:%d", r.For.Round(time.Millisecond), r.Scenario, r.Seed)
	}
}

// relaxCollector lets the heap grow to eleven times what is in use before it is
// collected, unless GOGC says something else. A World keeps its memory from run to
// run, so that a few megabytes are in use, and the default would collect after
// every thirty runs of a container.
func relaxCollector() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(1000)
	}
}

// Run executes the command that args name and returns its exit code.
func (c Config) Run(ctx context.Context, env *Env, args []string) int {
	if c.Program == "" {
		c.Program = "simrun"
	}
	env.Program = c.Program
	if env.LookupEnv == nil {
		env.LookupEnv = func(string) (string, bool) { return "", false }
	}
	commands := c.commands()
	env.commands = commands
	if len(args) == 0 {
		usage(env.Stderr, c.Program, commands)
		return ExitUsage
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		return help(ctx, env, commands, args[1:])
	case "-version", "--version":
		args[0] = "version"
	}
	for _, cmd := range commands {
		if cmd.Name == args[0] {
			return cmd.guarded(ctx, env, args[1:])
		}
	}
	env.Errorf("unknown command %q%s; '%s -h' lists the commands", args[0], didYouMean(args[0], names(commands)), c.Program)
	return ExitUsage
}

// guarded runs the command and turns a panic into its exit code.
func (c *Command) guarded(ctx context.Context, env *Env, args []string) (code int) {
	defer func() {
		if v := recover(); v != nil {
			env.Errorf("panic in the harness: %v\n\n%s", v, debug.Stack())
			code = ExitPanic
		}
	}()
	return c.Run(ctx, env, args)
}

// commands returns the built-in commands and those of the configuration.
func (c *Config) commands() []Command {
	all := []Command{
		builtIn("list", "[NAME|GLOB …]", "list the scenarios with their properties and tags", c.list),
		builtIn("run", "[NAME|GLOB …]", "run scenarios over seeds; no name means all", c.run),
		builtIn("replay", "FILE|NAME:SEED", "repeat one run exactly", c.replay),
		builtIn("shrink", "FILE", "look for a smaller run that fails in the same way", c.shrink),
		builtIn("explain", "FILE", "show the smallest interleaving that fails so, and what decides it", c.explain),
		builtIn("view", "FILE|NAME:SEED", "draw one run: HTML, Perfetto, Wireshark, NDJSON", c.view),
		builtIn("explore", "[NAME|GLOB …]", "visit all schedules within bounds of preemptions and faults", c.explore),
		builtIn("verify", "[NAME|GLOB …]", "run each seed twice and compare digests", c.verify),
	}
	if c.Selftest != nil {
		all = append(all, builtIn("selftest", "[CANARY|GLOB …]", "find the planted bugs, and print the score", c.selftest))
	}
	version := builtIn("version", "", "print the versions of module, Go and formats", c.version)
	for _, extra := range c.Commands {
		replaced := false
		for i := range all {
			if all[i].Name == extra.Name {
				all[i], replaced = extra, true
			}
		}
		if !replaced {
			all = append(all, extra)
		}
	}
	return append(all, version)
}

func builtIn(name, args, doc string, run func(context.Context, *Env, []string) int) Command {
	return Command{Name: name, Args: args, Doc: doc, Run: run, builtIn: true}
}

func names(commands []Command) []string {
	var out []string
	for _, c := range commands {
		out = append(out, c.Name)
	}
	return out
}

// usage lists the commands.
func usage(w io.Writer, program string, commands []Command) {
	fmt.Fprintf(w, "usage: %s COMMAND [flags] [arguments]\n\n", program)
	for _, c := range commands {
		fmt.Fprintf(w, "  %-28s %s\n", c.Name+" "+c.Args, c.Doc)
	}
	fmt.Fprintf(w, "\n'%s COMMAND -h' lists a command's flags and shows an example.\n", program)
}

// help prints the usage of the program or of one command.
func help(ctx context.Context, env *Env, commands []Command, args []string) int {
	if len(args) == 0 {
		usage(env.Stdout, env.Program, commands)
		return ExitOK
	}
	for _, cmd := range commands {
		if cmd.Name == args[0] {
			return cmd.Run(ctx, env, []string{"-h"})
		}
	}
	env.Errorf("unknown command %q%s", args[0], didYouMean(args[0], names(commands)))
	return ExitUsage
}
