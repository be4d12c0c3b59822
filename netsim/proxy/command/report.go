package command

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/netsim/proxy"
	"github.com/collider-amqp/collider/sim/cli"
	"github.com/collider-amqp/collider/sim/pcapng"
)

// reporter prints what happens. What the proxy tells is printed by a goroutine of its
// own, so that a proxy whose output nobody reads goes on.
type reporter struct {
	env   *cli.Env
	json  bool
	began time.Time

	told    chan func() // prints one thing
	printed sync.WaitGroup
	missed  int // things for which there was no room
}

// maxTold is the number of things that can wait to be printed.
const maxTold = 4096

func newReporter(env *cli.Env, json bool) *reporter {
	return &reporter{env: env, json: json, began: time.Now(), told: make(chan func(), maxTold)}
}

// print prints an object or a line.
func (r *reporter) print(object any, format string, args ...any) {
	if !r.json {
		fmt.Fprintf(r.env.Stdout, format+"\n", args...)
		return
	}
	e := json.NewEncoder(r.env.Stdout)
	e.SetEscapeHTML(false) // arrows stay arrows
	e.Encode(object)
}

// plan prints the plan, as -plan reads it.
func (r *reporter) plan(o *proxy.Options) {
	if r.json {
		r.print(planObject{"plan", o.Seed, o.Dialer, o.Acceptor, texts(o.Faults)}, "")
		return
	}
	if len(o.Faults) == 0 {
		return
	}
	r.print(nil, "# plan of %d, seed %d, %s dials %s", len(o.Faults), o.Seed, o.Dialer, o.Acceptor)
	for _, f := range o.Faults {
		r.print(nil, "%s", f)
	}
}

// The objects of -json, one a line.
type (
	planObject struct {
		Type     string   `json:"type"`
		Seed     uint64   `json:"seed"`
		Dialer   string   `json:"dialer"`
		Acceptor string   `json:"acceptor"`
		Faults   []string `json:"faults"`
	}
	listenObject struct {
		Type    string `json:"type"`
		Address string `json:"address"`
	}
	faultObject struct {
		Type    string  `json:"type"`
		Fault   string  `json:"fault"`
		Conn    int     `json:"conn"`
		Back    bool    `json:"back"`
		Offset  uint64  `json:"offset"`
		Seconds float64 `json:"seconds"`
	}
	summaryObject struct {
		Type        string   `json:"type"`
		Conns       int      `json:"conns"`
		Refused     int      `json:"refused"`
		Unreachable int      `json:"unreachable"`
		Open        int      `json:"open"`
		Acted       int      `json:"acted"`
		There       uint64   `json:"there"`
		Back        uint64   `json:"back"`
		Unused      []string `json:"unused"`
		Seconds     float64  `json:"seconds"`
	}
)

func texts(faults []netsim.Fault) []string {
	out := []string{}
	for _, f := range faults {
		out = append(out, f.String())
	}
	return out
}

// listening prints the address, then what was told and will be.
func (r *reporter) listening(a net.Addr) {
	r.print(listenObject{"listening", a.String()}, "listening on %s", a)
	r.printed.Go(func() {
		for print := range r.told {
			print()
		}
	})
}

// tell takes what is to be printed. The proxy calls it, never twice at once.
func (r *reporter) tell(print func()) {
	select {
	case r.told <- print:
	default:
		r.missed++
	}
}

// acted tells of a fault that acts.
func (r *reporter) acted(a proxy.Action) { r.tell(func() { r.action(a) }) }

// unreachable tells of a connection that could not be continued.
func (r *reporter) unreachable(conn int, err error) {
	r.tell(func() { r.env.Errorf("proxy: connection %d is reset: %v", conn, err) })
}

// action prints a fault that has acted.
func (r *reporter) action(a proxy.Action) {
	arrow, place := "->", "all connections"
	if a.Back {
		arrow = "<-"
	}
	if a.Conn > 0 {
		place = fmt.Sprintf("connection %d %s byte %d", a.Conn, arrow, a.Offset)
	}
	r.print(faultObject{"fault", a.Fault.String(), a.Conn, a.Back, a.Offset, a.Time.Seconds()},
		"acted  %s  on %s after %.3fs", a.Fault, place, a.Time.Seconds())
}

// summary prints the counts, the last line, when the proxy is closed.
func (r *reporter) summary(s proxy.Stats, unused []netsim.Fault) {
	close(r.told)
	r.printed.Wait()
	if r.missed > 0 {
		r.env.Errorf("proxy: %d more lines could not be printed in time", r.missed)
	}
	took := time.Since(r.began).Seconds()
	if !r.json {
		for _, f := range unused {
			r.print(nil, "unused %s", f)
		}
	}
	r.print(summaryObject{"summary", s.Conns, s.Refused, s.Unreachable, s.Open, s.Acted, s.There, s.Back, texts(unused), took},
		"ended  connections %d (refused %d, unreachable %d, open %d)  bytes %d there, %d back  faults acted %d  %.1fs",
		s.Conns, s.Refused, s.Unreachable, s.Open, s.There, s.Back, s.Acted, took)
}

// capture writes a packet capture as it grows. It is a netsim.Observer.
type capture struct {
	*pcapng.Capture
	file *os.File
	err  error // the first
}

// flushAt is the number of octets of packets at which they are written.
const flushAt = 1 << 16

// newCapture creates the file; without a name there is none.
func newCapture(name string, began time.Time, o *proxy.Options) (*capture, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	comment := fmt.Sprintf("proxy to %s, seed %d, from %s on, which is time 0", o.Upstream, o.Seed, began.Format(time.RFC3339Nano))
	for _, fault := range o.Faults {
		comment += "\n" + fault.String()
	}
	return &capture{Capture: pcapng.NewCapture(comment), file: f}, nil
}

// Observe implements netsim.Observer.
func (c *capture) Observe(e netsim.Event) {
	c.Capture.Observe(e)
	if c.Buffered() >= flushAt {
		c.flush()
	}
}

func (c *capture) flush() {
	if c.err == nil {
		c.err = c.Flush(c.file)
	}
}

// close writes the rest, when the proxy is closed.
func (c *capture) close() error {
	if c == nil {
		return nil
	}
	c.flush()
	if err := c.file.Close(); c.err == nil {
		c.err = err
	}
	return c.err
}
