package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/netsim/proxy"
	"github.com/collider-amqp/collider/sim/runner"
)

// makePlan puts the plan together: from the file, from the command line, and drawn.
func (c *command) makePlan() error {
	var stored planFile
	if c.plan != "" {
		b, err := os.ReadFile(c.plan)
		if err != nil {
			return fmt.Errorf("-plan: %w", err)
		}
		if stored, err = readPlan(b); err != nil {
			return fmt.Errorf("-plan: %s: %w", c.plan, err)
		}
		for _, text := range stored.left {
			c.env.Errorf("proxy: %s: left out %q", c.plan, text)
		}
	}
	if stored.seed != nil && !c.seeded {
		c.seed, c.seeded = *stored.seed, true
	}
	if err := c.drawSeed(); err != nil {
		return err
	}
	given := slices.Concat(stored.faults, c.faults)
	if err := c.name(given); err != nil {
		return err
	}
	mine := slices.DeleteFunc(slices.Clone(stored.faults), func(f netsim.Fault) bool {
		return !proxy.Concerns(&f, c.options.Dialer, c.options.Acceptor)
	})
	switch n := len(stored.faults) - len(mine); {
	case len(mine) == 0 && n > 0:
		return fmt.Errorf("-plan: %s: no fault is about %s, who dials, and %s", c.plan, c.options.Dialer, c.options.Acceptor)
	case n > 0:
		c.env.Errorf("proxy: %s: left out %d of %d faults, about other hosts than %s and %s", c.plan, n, len(stored.faults), c.options.Dialer, c.options.Acceptor)
	}
	drawn, err := c.drawn()
	c.options.Seed, c.options.Faults = c.seed, slices.Concat(mine, c.faults, drawn)
	return err
}

// drawn draws the faults that -faults asks for.
func (c *command) drawn() ([]netsim.Fault, error) {
	d := &c.draw
	if d.kinds == "" || d.kinds == "none" {
		return nil, nil
	}
	d.menu.Kinds = proxy.Kinds()
	if d.kinds != "all" {
		d.menu.Kinds = nil
		for word := range strings.SplitSeq(d.kinds, ",") {
			k, err := netsim.ParseKind(strings.TrimSpace(word))
			if err != nil || !slices.Contains(proxy.Kinds(), k) {
				return nil, fmt.Errorf("-faults: %q is none of %s", word, words())
			}
			d.menu.Kinds = append(d.menu.Kinds, k)
		}
	}
	if d.n < 1 {
		return nil, fmt.Errorf("-n %d: want a number from 1", d.n)
	}
	d.menu.Dialers, d.menu.Acceptors = []string{c.options.Dialer}, []string{c.options.Acceptor}
	plan := d.menu.Plan(c.seed, d.n)
	if len(plan) == 0 {
		return nil, errors.New("-faults: nothing could be drawn: give the kinds a trigger or delay (-bytes, -within, -by)")
	}
	return plan, nil
}

// name finds the names of the two sides in the faults, where the flags do not give
// them.
func (c *command) name(faults []netsim.Fault) error {
	var dialers, acceptors []string
	for _, f := range faults {
		if f.Kind != netsim.Partition { // whose names say nothing about who dials
			dialers, acceptors = append(dialers, f.From), append(acceptors, f.To)
		}
	}
	if len(dialers) == 0 {
		for _, f := range faults {
			dialers, acceptors = append(dialers, f.From), append(acceptors, f.To)
		}
	}
	var err error
	side := func(name *string, flag, other string, found []string) {
		found = slices.DeleteFunc(found, func(s string) bool { return s == "*" })
		slices.Sort(found)
		found = slices.Compact(found)
		switch {
		case *name != "":
		case len(found) == 0:
			*name = other
		case len(found) == 1:
			*name = found[0]
		default:
			err = fmt.Errorf("the faults name %s on one side: choose with -%s which one the proxy is to be", strings.Join(found, ", "), flag)
		}
	}
	side(&c.options.Acceptor, "acceptor", "server", acceptors)
	side(&c.options.Dialer, "dialer", "client", dialers)
	return err
}

// planFile is what a file says.
type planFile struct {
	faults []netsim.Fault
	seed   *uint64
	left   []string // entries that are no faults of a network
}

// readPlan reads a plan: text with one fault a line, or a failure file. A file
// without any fault is an error.
func readPlan(b []byte) (planFile, error) {
	read := readText
	if text := strings.TrimSpace(string(b)); strings.HasPrefix(text, "{") {
		read = readFailure
	}
	p, err := read(b)
	if err == nil && len(p.faults) == 0 {
		err = errors.New("there is no fault of a network in it")
	}
	return p, err
}

// readText reads one fault a line. What a proxy has printed is a plan as well: it
// ends where that proxy began to listen.
func readText(b []byte) (planFile, error) {
	var p planFile
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		text, _, _ := strings.Cut(line, " # ")
		text = strings.TrimSpace(text)
		if strings.HasPrefix(text, "listening on ") {
			break
		}
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		f, err := netsim.ParseFault(text)
		if err != nil {
			return p, fmt.Errorf("line %d: %w", n, err)
		}
		p.faults = append(p.faults, f)
	}
	return p, nil
}

// readFailure takes the faults of a failure file, which are "purpose: text"; those of
// other purposes may have other forms, or be beyond a proxy.
func readFailure(b []byte) (planFile, error) {
	var file struct {
		Format *int     `json:"format"`
		Seed   *uint64  `json:"seed"`
		Faults []string `json:"faults"`
	}
	var p planFile
	if err := json.Unmarshal(b, &file); err != nil {
		return p, fmt.Errorf("broken or truncated: %w", err)
	}
	if file.Format == nil {
		return p, errors.New(`not a failure file: it has no "format"`)
	}
	if *file.Format != runner.FileFormat {
		return p, &runner.FileVersionError{Got: *file.Format}
	}
	p.seed = file.Seed
	for _, entry := range file.Faults {
		_, text, _ := strings.Cut(entry, ": ")
		if f, err := netsim.ParseFault(text); err == nil && slices.Contains(proxy.Kinds(), f.Kind) {
			p.faults = append(p.faults, f)
		} else {
			p.left = append(p.left, entry)
		}
	}
	return p, nil
}
