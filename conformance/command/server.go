package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/collider-amqp/collider/conformance"
	"github.com/collider-amqp/collider/conformance/report"
	"github.com/collider-amqp/collider/sim/cli"
)

// defaultPort is the IANA port of AMQP (§2.8.19).
const defaultPort = "5672"

// serverFlags are the flags of 'conform server'.
type serverFlags struct {
	selection
	json           *bool
	dir            *string
	timeout        *time.Duration
	sasl           *string
	user, password *string
}

func server(ctx context.Context, env *cli.Env, args []string) int {
	f := cli.NewFlags(env, "conform server", "ADDR [CLAUSE|ID …]",
		"Judges the AMQP 1.0 server at ADDR (host:port, or host for port 5672) case by case; no clause or id means all.",
		"conform server localhost:5672", "conform server localhost:5672 2.4.1 -report out",
		"conform server localhost -sasl plain -user guest -json")
	flags := serverFlags{
		selection: selectionFlags(f),
		json:      f.Bool("json", false, "print one object a line on stdout, the last one of type summary"),
		dir:       f.String("report", "", "write report.txt, report.jsonl, junit.xml and the wire logs into `DIR`"),
		timeout:   f.Duration("timeout", 2*time.Second, "the longest wait for one answer"),
		sasl:      f.String("sasl", "auto", "`LAYER` to use: auto (none if the server accepts that, else anonymous), none, anonymous, plain"),
		user:      f.String("user", "", "`NAME` for -sasl plain"),
		password:  f.String("password", "", "`SECRET` for -sasl plain; better given as "+cli.EnvName("password")),
	}
	rest, code, ok := f.ParseArgs(args)
	if !ok {
		return code
	}
	if len(rest) == 0 {
		env.Errorf("conform server: name the address of the server, as in '%s conform server localhost:5672'", env.Program)
		return cli.ExitUsage
	}
	target, err := flags.target(rest[0])
	if err != nil {
		env.Errorf("conform server: %v", err)
		return cli.ExitUsage
	}
	cases, err := flags.choose(rest[1:])
	if err != nil {
		env.Errorf("conform server: %v", err)
		return cli.ExitUsage
	}
	return flags.judge(ctx, env, target, cases)
}

// target returns the target at an address with the chosen security layer.
func (f *serverFlags) target(address string) (conformance.Target, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(strings.Trim(address, "[]"), defaultPort)
	}
	t := conformance.TCP(address)
	t.Credentials = conformance.Anonymous()
	switch *f.sasl {
	case "auto":
	case "none":
		t.Security = conformance.SecurityNone
	case "anonymous":
		t.Security = conformance.SecuritySASL
	case "plain":
		t.Security, t.Credentials = conformance.SecuritySASL, conformance.Plain(*f.user, *f.password)
		if *f.user == "" {
			return t, errors.New("-sasl plain needs -user")
		}
	default:
		return t, fmt.Errorf("-sasl %s: want auto, none, anonymous or plain", *f.sasl)
	}
	if *f.timeout <= 0 {
		return t, errors.New("-timeout: want a positive duration, such as 2s")
	}
	return t, nil
}

// judge runs the cases and reports.
func (f *serverFlags) judge(ctx context.Context, env *cli.Env, target conformance.Target, cases []conformance.Case) int {
	start := time.Now()
	runner, err := conformance.NewRunner(ctx, target, conformance.Options{Timeout: *f.timeout})
	if err != nil {
		env.Errorf("conform server: %v", err)
		return cli.ExitUsage
	}
	c := newCollector(env, *f.json, *f.dir != "")
	interrupted := runner.Run(ctx, cases, c.add)
	r := c.report(target, runner.Profile(), time.Since(start))
	if ids := c.failed; len(ids) > 0 {
		r.Repeat = fmt.Sprintf("%s conform server %s -run '^(%s)$'", env.Program, target.Name, strings.Join(ids, "|"))
	}
	if err := f.print(env, r, c.logs); err != nil {
		env.Errorf("conform server: %v", err)
		return cli.ExitUsage
	}
	return c.exit(env, interrupted)
}

// print writes the verdict to stdout and the report to its directory.
func (f *serverFlags) print(env *cli.Env, r *report.Report, logs map[string]string) error {
	var err error
	if *f.json {
		err = report.JSON(env.Stdout, r.Summary())
	} else {
		err = r.Text(env.Stdout)
	}
	if *f.dir != "" {
		err = errors.Join(err, r.WriteDir(*f.dir, logs))
	}
	return err
}

// collector gathers results as they come.
type collector struct {
	env     *cli.Env
	json    bool
	keep    bool // the wire logs
	entries map[string]report.Entry
	logs    map[string]string
	failed  []string // ids as regular expressions
	decided int
	panics  []error
}

func newCollector(env *cli.Env, json, keep bool) *collector {
	return &collector{env: env, json: json, keep: keep, entries: map[string]report.Entry{}, logs: map[string]string{}}
}

// add takes one result.
func (c *collector) add(res conformance.Result) {
	e := entry(&res)
	if c.keep && res.Log != nil {
		e.Log = report.LogFile(e.ID)
		c.logs[e.Log] = wireLog(&res)
	}
	c.entries[e.ID] = e
	if e.Class != report.Undecided {
		c.decided++
	}
	if res.Verdict.Outcome.Bad() {
		c.failed = append(c.failed, regexp.QuoteMeta(e.ID))
		fmt.Fprintf(c.env.Stderr, "%s %s: %s\n", e.Outcome, e.ID, e.Reason)
	}
	if res.Err != nil {
		c.panics = append(c.panics, res.Err)
	}
	if c.json {
		report.JSON(c.env.Stdout, e)
	}
}

// report puts the entries into the order of the clauses.
func (c *collector) report(target conformance.Target, profile conformance.Profile, took time.Duration) *report.Report {
	r := &report.Report{Target: target.Name, Profile: profile, Seconds: took.Seconds()}
	for _, o := range conformance.Outcomes {
		r.Outcomes = append(r.Outcomes, string(o))
	}
	for _, clause := range conformance.Clauses() {
		section := report.Section{Number: clause.Number, Title: clause.Title}
		for _, k := range clause.Cases {
			if e, ok := c.entries[k.ID]; ok {
				section.Entries = append(section.Entries, e)
			}
		}
		r.Sections = append(r.Sections, section)
	}
	return r
}

// exit returns the exit code: a run that decided nothing has not passed.
func (c *collector) exit(env *cli.Env, interrupted error) int {
	switch {
	case len(c.panics) > 0:
		env.Errorf("conform server: an error of the suite, please report it: %v", errors.Join(c.panics...))
		return cli.ExitPanic
	case len(c.failed) > 0:
		return cli.ExitFailed
	case interrupted != nil:
		env.Errorf("conform server: interrupted after %d cases", len(c.entries))
		return cli.ExitInterrupted
	case c.decided == 0:
		env.Errorf("conform server: nothing was decided: every selected case was skipped or inconclusive")
		return cli.ExitUsage
	}
	return cli.ExitOK
}
