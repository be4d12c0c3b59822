package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// EnvPrefix begins the names of the flags' twins in the environment.
const EnvPrefix = "SIMRUN_"

// Flags are the flags of one command. It adds to flag.FlagSet: flags may stand
// after arguments, each has a twin in the environment, mistakes are sentences,
// and -h shows an example. Commands outside this package may use it, too.
type Flags struct {
	*flag.FlagSet
	env     *Env
	command string
	args    string
	doc     string
	example []string
	absent  map[string]string // flags of other commands that this one does not have, and why
	typed   map[string]bool   // flags of the command line
}

// NewFlags returns the flags of a command. args is what follows the flags, doc
// one line about the command; each example is a command line without the
// program's name.
func NewFlags(env *Env, command, args, doc string, examples ...string) *Flags {
	f := &Flags{
		FlagSet: flag.NewFlagSet(command, flag.ContinueOnError),
		env:     env, command: command, args: args, doc: doc, example: examples,
	}
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	return f
}

// ParseArgs parses flags and arguments in any order and returns the arguments.
// All words after "--" are arguments. If ok is false the command ends with code:
// help was asked for and has been printed, or something is wrong and has been
// told.
func (f *Flags) ParseArgs(args []string) (rest []string, code int, ok bool) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, f.refuse(err), false
		}
		left := f.Args()
		if len(left) == 0 {
			break
		}
		if n := len(args) - len(left); n > 0 && args[n-1] == "--" {
			rest = append(rest, left...)
			break
		}
		rest = append(rest, left[0])
		args = left[1:]
	}
	if err := f.fromEnv(); err != nil {
		f.env.Errorf("%v", err)
		return nil, ExitUsage, false
	}
	f.warnOfStrays()
	return rest, 0, true
}

// EnvName returns the name of a flag's twin in the environment.
func EnvName(flag string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnv sets the flags that were not given from their twins.
func (f *Flags) fromEnv() error {
	f.typed = map[string]bool{}
	f.Visit(func(fl *flag.Flag) { f.typed[fl.Name] = true })
	var first error
	f.VisitAll(func(fl *flag.Flag) {
		v, ok := f.env.LookupEnv(EnvName(fl.Name))
		if !ok || f.typed[fl.Name] || first != nil {
			return
		}
		if err := f.Set(fl.Name, v); err != nil {
			first = fmt.Errorf("%s=%s: %w", EnvName(fl.Name), v, err)
		}
	})
	return first
}

// refuse tells what is wrong with the command line, or prints help.
func (f *Flags) refuse(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		f.help()
		return ExitOK
	}
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		var all []string
		f.VisitAll(func(fl *flag.Flag) { all = append(all, fl.Name) })
		text = fmt.Sprintf("unknown flag -%s%s", name, didYouMean(name, all))
		if why := f.absent[name]; why != "" {
			text = fmt.Sprintf("there is no -%s here: %s", name, why)
		}
	}
	f.env.Errorf("%s: %s; '%s %s -h' lists the flags", f.command, text, f.env.Program, f.command)
	return ExitUsage
}

func (f *Flags) help() {
	if f.env.probe != nil {
		f.VisitAll(f.env.probe)
	}
	w := f.env.Stdout
	fmt.Fprintf(w, "usage: %s %s [flags] %s\n\n%s\n", f.env.Program, f.command, f.args, f.doc)
	first := true
	f.VisitAll(func(fl *flag.Flag) {
		if first {
			fmt.Fprint(w, "\nflags, each with a twin in the environment ("+EnvName("name")+" for -name):\n")
			first = false
		}
		arg, text := flag.UnquoteUsage(fl)
		def := ""
		if fl.DefValue != "" && fl.DefValue != "false" && fl.DefValue != "0" && fl.DefValue != "0s" {
			def = " (default " + fl.DefValue + ")"
		}
		fmt.Fprintf(w, "  %-24s %s%s\n", strings.TrimSpace("-"+fl.Name+" "+arg), text, def)
	})
	fmt.Fprint(w, "\nexamples:\n")
	for _, e := range f.example {
		fmt.Fprintf(w, "  %s %s\n", f.env.Program, e)
	}
}

// positive is a flag that is a number from 1.
type positive uint64

func (p *positive) String() string { return strconv.FormatUint(uint64(*p), 10) }

func (p *positive) Set(s string) error {
	n, err := strconv.ParseUint(s, 10, 62)
	if err != nil || n == 0 {
		return errors.New("want a number from 1")
	}
	*p = positive(n)
	return nil
}

// shard is a flag of the form I/N.
type shard struct{ i, n int }

func (s *shard) String() string {
	if s.n == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.i, s.n)
}

func (s *shard) Set(text string) error {
	a, b, ok := strings.Cut(text, "/")
	i, err1 := strconv.ParseUint(a, 10, 31)
	n, err2 := strconv.ParseUint(b, 10, 31)
	if !ok || err1 != nil || err2 != nil || n == 0 || i >= n {
		return fmt.Errorf("want I/N with I from 0 to N-1, as 0/4")
	}
	s.i, s.n = int(i), int(n)
	return nil
}

// params is a flag of the form KEY=VALUE that may be repeated; several may stand
// in one value, separated by commas.
type params map[string]int64

func (p *params) String() string { return "" }

func (p *params) Set(text string) error {
	for _, part := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		n, err := strconv.ParseInt(value, 10, 64)
		if !ok || key == "" || err != nil {
			return errors.New("want KEY=NUMBER, as threads=2")
		}
		if *p == nil {
			*p = params{}
		}
		(*p)[key] = n
	}
	return nil
}

// oneOf is a flag with a few values.
type oneOf struct {
	value string
	all   []string
}

func (o *oneOf) String() string { return o.value }

func (o *oneOf) Set(text string) error {
	for _, v := range o.all {
		if v == text {
			o.value = text
			return nil
		}
	}
	return fmt.Errorf("want %s", strings.Join(o.all, ", "))
}
