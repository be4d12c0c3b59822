package command

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/netsim/proxy"
	"github.com/collider-amqp/collider/sim/cli"
)

// Config says which conditions faults may name, as proxy.Options has them. The zero
// Config knows none.
type Config struct {
	Predicates map[string]func() netsim.Predicate
	Predicate  func(name string) (func() netsim.Predicate, error)

	_ struct{}
}

// Proxy returns the command.
func Proxy(config Config) cli.Command {
	return cli.Command{
		Name: "proxy", Args: "-to HOST:PORT",
		Doc: "let faults happen between two programs on real sockets",
		Flags: []string{
			"acceptor", "bandwidth", "buffer", "by", "bytes", "conns", "dialer", "fault", "faults", "for", "jitter", "json", "lasting",
			"latency", "listen", "n", "pcap", "plan", "seed", "split", "to", "when", "within",
		},
		Run: func(ctx context.Context, env *cli.Env, args []string) int {
			c := command{env: env}
			c.options.Predicates, c.options.Predicate = config.Predicates, config.Predicate
			return c.run(ctx, args)
		},
	}
}

// command is one execution.
type command struct {
	env     *cli.Env
	options proxy.Options
	path    netsim.Path
	draw    drawing
	plan    string // file
	faults  faultList
	seed    uint64
	seeded  bool
	pcap    string
	length  time.Duration
	json    bool
}

// drawing says which faults are drawn.
type drawing struct {
	kinds string
	n     int
	menu  netsim.Menu
}

// flags declares the flags.
func (c *command) flags() *cli.Flags {
	f := cli.NewFlags(c.env, "proxy", "",
		"Continues each connection to another address and lets faults happen on the way, until SIGINT or SIGTERM; prints the plan of faults, then \"listening on HOST:PORT\", then a line for each fault that acts.",
		"proxy -to 127.0.0.1:5672 -fault 'reset client->server#1 @byte 700'",
		"proxy -listen 127.0.0.1:0 -to 127.0.0.1:5672 -faults reset,stall,partition -n 5 -seed 7 -pcap out.pcapng",
		"proxy -to 127.0.0.1:5672 -plan simrun-out/broker-4711.sim.json -dialer client1 -latency 5ms -split random")
	f.StringVar(&c.options.Listen, "listen", "127.0.0.1:5673", "listen on `HOST:PORT`; port 0 picks a free one")
	f.StringVar(&c.options.Upstream, "to", "", "continue connections to `HOST:PORT`")
	f.Uint64Var(&c.seed, "seed", 0, "seed `N` of what is drawn (that of the failure file, else drawn; printed)")
	f.StringVar(&c.plan, "plan", "", "take the faults of `FILE`: one a line, comments after '# '; or a failure file (*.sim.json)")
	f.Var(&c.faults, "fault", "add a fault, `TEXT`; may be repeated, or several separated by ';'")
	f.StringVar(&c.draw.kinds, "faults", "", "draw faults of `KINDS` a,b, all or none: "+words())
	f.IntVar(&c.draw.n, "n", 3, "draw `N` faults, with -faults")
	m := &c.draw.menu
	f.IntVar(&m.Conns, "conns", 4, "drawn faults concern connections 1 to `N`, or all")
	f.Uint64Var(&m.Bytes, "bytes", 1<<16, "drawn faults act before byte `N`")
	f.Func("when", "drawn faults may act where predicate `NAME` says; may be repeated, or several separated by ';'", func(text string) error {
		m.Predicates = append(m.Predicates, strings.Split(text, ";")...)
		return nil
	})
	f.DurationVar(&m.Time, "within", 10*time.Second, "drawn faults with a time begin within `DUR`")
	f.DurationVar(&m.Lasting, "lasting", 2*time.Second, "drawn faults last up to `DUR` (0 means for ever)")
	f.DurationVar(&m.Delay, "by", 500*time.Millisecond, "drawn delays are up to `DUR`")
	f.StringVar(&c.options.Dialer, "dialer", "", "the connecting side is `NAME` in faults (found in the plan, else client)")
	f.StringVar(&c.options.Acceptor, "acceptor", "", "the other side is `NAME` in faults (found in the plan, else server)")
	f.DurationVar(&c.path.Latency, "latency", 0, "each byte takes `DUR` on its way")
	f.DurationVar(&c.path.Jitter, "jitter", 0, "and up to `DUR` more")
	f.Int64Var(&c.path.Bandwidth, "bandwidth", 0, "`N` bytes a second in each direction of a connection (0 means unlimited)")
	f.IntVar(&c.path.SendBuffer, "buffer", 1<<16, "hold up to `N` bytes in each direction of a connection")
	f.Func("split", "hand bytes over by `MODE`: whole (default), random, bytes", c.setSplit)
	f.StringVar(&c.pcap, "pcap", "", "write what is delivered to `FILE` for Wireshark")
	f.DurationVar(&c.length, "for", 0, "end after a time `DUR`, as 90s")
	f.BoolVar(&c.json, "json", false, "print one object a line")
	return f
}

func words() string {
	var b []string
	for _, k := range proxy.Kinds() {
		b = append(b, k.String())
	}
	return strings.Join(b, ", ")
}

func (c *command) setSplit(text string) error {
	modes := map[string]netsim.Split{"whole": netsim.SplitWhole, "random": netsim.SplitRandom, "bytes": netsim.SplitBytes}
	mode, ok := modes[text]
	if !ok {
		return errors.New("want whole, random or bytes")
	}
	c.path.Split = mode
	return nil
}

// faultList is a flag that may be repeated.
type faultList []netsim.Fault

// String implements flag.Value.
func (l *faultList) String() string { return "" }

// Set implements flag.Value.
func (l *faultList) Set(text string) error {
	for part := range strings.SplitSeq(text, ";") {
		f, err := netsim.ParseFault(part)
		if err != nil {
			return errors.New(strings.TrimPrefix(err.Error(), "netsim: "))
		}
		*l = append(*l, f)
	}
	return nil
}

// run executes the command.
func (c *command) run(ctx context.Context, args []string) int {
	f := c.flags()
	rest, code, ok := f.ParseArgs(args)
	if !ok {
		return code
	}
	f.Visit(func(fl *flag.Flag) { c.seeded = c.seeded || fl.Name == "seed" })
	if err := c.complete(rest); err != nil {
		return c.refuse(err)
	}
	return c.serve(ctx)
}

// refuse tells why the command cannot be executed.
func (c *command) refuse(err error) int {
	text := err.Error()
	var oe *proxy.OptionError
	if errors.As(err, &oe) {
		flags := map[string]string{"Listen": "-listen", "Upstream": "-to", "Dialer": "-dialer and -acceptor"}
		text = flags[oe.Option] + ": " + oe.Reason
	}
	c.env.Errorf("proxy: %s", strings.TrimPrefix(text, "netsim: "))
	return cli.ExitUsage
}

// complete checks the flags and makes the plan.
func (c *command) complete(rest []string) error {
	m := &c.draw.menu
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case c.options.Upstream == "":
		return errors.New("-to: say to which HOST:PORT connections are to be continued")
	case min(c.path.Latency, c.path.Jitter, c.length, m.Time, m.Lasting, m.Delay) < 0:
		return errors.New("a negative duration")
	case c.path.Bandwidth < 0 || c.path.SendBuffer < 1 || m.Conns < 0:
		return errors.New("-bandwidth, -conns: want a number from 0; -buffer: from 1")
	case c.path.SendBuffer > 1<<30:
		return fmt.Errorf("-buffer %d: want at most %d", c.path.SendBuffer, 1<<30)
	}
	c.options.There, c.options.Back = c.path, c.path
	return c.makePlan()
}

// drawSeed draws a seed if none was given.
func (c *command) drawSeed() error {
	if c.seeded {
		return nil
	}
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return fmt.Errorf("no seed could be drawn: %w; give one with -seed", err)
	}
	c.seed = uint64(binary.LittleEndian.Uint32(b[:]))
	return nil
}

// serve lets the proxy work until ctx or its time ends.
func (c *command) serve(ctx context.Context) int {
	out := newReporter(c.env, c.json)
	capture, err := newCapture(c.pcap, out.began, &c.options)
	if err != nil {
		return c.refuse(fmt.Errorf("-pcap: %w", err))
	}
	c.options.Acted, c.options.Unreachable = out.acted, out.unreachable
	if capture != nil {
		c.options.Observer = capture
	}
	p, err := proxy.Start(c.options)
	if err != nil {
		return c.refuse(errors.Join(err, capture.close()))
	}
	out.plan(&c.options)
	out.listening(p.Addr())
	if c.length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.length)
		defer cancel()
	}
	<-ctx.Done()
	stats := p.Stats()
	err = p.Close()
	out.summary(stats, p.Unused())
	if err = errors.Join(err, capture.close()); err != nil && !errors.Is(err, net.ErrClosed) {
		c.env.Errorf("proxy: %v", err)
		return cli.ExitFailed
	}
	return cli.ExitOK
}
