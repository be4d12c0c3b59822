package cli

import (
	"context"
	"flag"
	"io"
	"slices"
	"strings"
)

// warnOfStrays tells of variables of the environment that look like twins of flags and
// are none, since such a flag would be missed in silence. Twins of other commands'
// flags are none of these.
func (f *Flags) warnOfStrays() {
	if f.env.Environ == nil {
		return
	}
	var strays []string
	var known []string
	for _, entry := range f.env.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, EnvPrefix) {
			continue
		}
		if known == nil {
			known = f.env.twins(f.FlagSet)
		}
		if !slices.Contains(known, name) {
			strays = append(strays, name)
		}
	}
	slices.Sort(strays)
	for _, name := range strays {
		f.env.Errorf("%s is set and is the twin of no flag%s", name, didYouMean(name, known))
	}
}

// twins returns the names of the twins of all flags: those of a command at work and of
// the others.
func (e *Env) twins(own *flag.FlagSet) []string {
	var all []string
	add := func(fl *flag.Flag) { all = append(all, EnvName(fl.Name)) }
	own.VisitAll(add)
	for _, c := range e.commands {
		for _, name := range c.Flags {
			all = append(all, EnvName(name))
		}
		if c.builtIn {
			probe := &Env{Stdout: io.Discard, Stderr: io.Discard, Program: e.Program, probe: add}
			c.Run(context.Background(), probe, []string{"-h"})
		}
	}
	return all
}
