package scenarios

import (
	"strings"
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
)

// Parameters that most worlds share.
var (
	workersParam = sim.Param{Name: "workers", Doc: "threads in each Run", Default: 2, Min: 1, Max: 3}
	latencyParam = sim.Param{Name: "latency", Doc: "greatest latency of a path, in microseconds", Default: 0, Min: 0, Max: 500, Draw: sim.Switch}
	splitParam   = sim.Param{Name: "split", Doc: "reads are whole (0) or split at random (1)", Default: 0, Min: 0, Max: 1, Draw: sim.Switch}
	paceParam    = sim.Param{Name: "pace", Doc: "time between two messages of a sender, in microseconds", Default: 500, Min: 0, Max: 3000}
	octetsParam  = sim.Param{Name: "split", Doc: "reads are whole (0), split at random (1), octet by octet (2)", Default: 0, Min: 0, Max: 2, Draw: sim.Switch}
)

// burst is more jobs than a turn of a container runs at once, so that some are left
// for another turn.
const burst = 300

// burstParam says whether there is one.
var burstParam = sim.Param{Name: "burst", Doc: "jobs come by ones and twos (0), or hundreds as well (1)", Default: 0, Min: 0, Max: 1, Draw: sim.Switch}

// Parameters that count faults. A name that begins with "fault." makes a
// parameter subject to simrun run -faults.
var (
	resetParam  = sim.Param{Name: "fault.reset", Doc: "connections reset in flight", Min: 0, Max: 2, Draw: sim.Switch}
	cutParam    = sim.Param{Name: "fault.cut", Doc: "streams whose end comes early, or never", Min: 0, Max: 2, Draw: sim.Switch}
	refuseParam = sim.Param{Name: "fault.refuse", Doc: "dials refused", Min: 0, Max: 2, Draw: sim.Switch}
	stallParam  = sim.Param{Name: "fault.stall", Doc: "streams that stand still for a while", Min: 0, Max: 2, Draw: sim.Switch}
	slowParam   = sim.Param{Name: "fault.slow", Doc: "dials without an answer, late connections, slow paths", Min: 0, Max: 2, Draw: sim.Switch}
	crashParam  = sim.Param{Name: "fault.crash", Doc: "hosts that crash and restart", Min: 0, Max: 2, Draw: sim.Switch}
	skewParam   = sim.Param{Name: "fault.skew", Doc: "greatest drift of a host's clock, in parts per thousand", Min: 0, Max: 50, Draw: sim.Switch}
)

// steps is the budget of a run: reading byte by byte takes many.
const steps = 500_000

// house is what the worlds have in common.
type house struct {
	*stage.Stage
	w    *sim.World
	path netsim.Path // of all hosts
}

// newHouse draws the network.
func newHouse(w *sim.World) *house {
	draw := w.Rand("network")
	path := netsim.Path{Split: netsim.Split(w.Param("split"))}
	if most := w.Param("latency"); most > 0 {
		path.Latency = time.Duration(draw.IntN(int(most)+1)) * time.Microsecond
		path.Jitter = time.Duration(draw.IntN(int(most)+1)) * time.Microsecond
	}
	return &house{stage.New(w, netsim.Options{Path: path}), w, path}
}

// family are the kinds of faults that one parameter counts.
type family struct {
	param string
	kinds []netsim.Kind
}

// The families of faults. The common ones are those of worlds without time-outs,
// where what is lost in silence would be waited for in vain.
var (
	commonFaults = []family{
		{resetParam.Name, []netsim.Kind{netsim.Reset, netsim.Truncate}},
		{cutParam.Name, []netsim.Kind{netsim.HalfClose, netsim.DropEnd}},
		{refuseParam.Name, []netsim.Kind{netsim.Refuse}},
		{stallParam.Name, []netsim.Kind{netsim.Stall, netsim.Partition}},
	}
	allFaults = append([]family{
		{slowParam.Name, []netsim.Kind{netsim.BlackHole, netsim.SlowAccept, netsim.Delay}},
		{crashParam.Name, []netsim.Kind{netsim.Crash}},
	}, commonFaults...)
)

// places are conditions on AMQP's frames at which faults may strike; see package
// trigger.
var places = []string{
	"header", "open", "begin", "attach", "flow", "transfer", "disposition",
	"before-open", "before-attach#2", "before-transfer#2", "before-disposition",
	"attach+11", "transfer+7", "transfer#2", "transfer#3+5", "disposition#2+9", "close",
}

// faults plans faults on connections from one host to another, in a world without
// time-outs.
func (x *house) faults(from, to string) {
	x.plan(commonFaults, netsim.Menu{
		Dialers: []string{from}, Acceptors: []string{to},
		Conns: 3, Bytes: 600, Time: 2 * time.Millisecond, Lasting: 5 * time.Millisecond,
	})
}

// plan draws as many faults of each family as its parameter says, from the menu. Each
// family has entropy of its own, so that leaving one out does not change the others.
func (x *house) plan(families []family, menu netsim.Menu) {
	for _, f := range families {
		menu.Kinds = f.kinds
		drawn := menu.Plan(x.w.Rand(f.param).Uint64(), int(x.w.Param(f.param)))
		for _, fault := range sim.Plan(x.w, sim.Faults, strings.TrimPrefix(f.param, "fault."), drawn, nil) {
			x.Net.Inject(fault)
		}
	}
}

// skew gives hosts clocks of their own, as far as the parameter says.
func (x *house) skew(hosts ...string) {
	most := x.w.Param(skewParam.Name) * 1000
	if most == 0 {
		return
	}
	draw := x.w.Rand(skewParam.Name)
	for _, h := range hosts {
		x.Net.Host(h).SetClock(sim.Clock{
			Offset: time.Duration(draw.Range(-int64(time.Hour), int64(time.Hour))),
			Drift:  draw.Range(-most, most),
		})
	}
}

// run runs c with as many threads as the run has drawn.
func (x *house) run(c *record.Container) *sim.Thread { return x.Run(c, int(x.w.Param("workers"))) }

// quiet is a handler that takes errors as they come: in these worlds a lost
// connection is an event like any other, not a reason to stop.
type quiet struct{ container.BaseHandler }

// OnError does nothing.
func (quiet) OnError(*container.Connection, error) {}

// quietListener is a listen handler that does the same.
type quietListener struct {
	container.BaseListenHandler
	opts func() container.ConnectionOptions // nil: the container's
}

// OnAccept returns what opts makes.
func (l quietListener) OnAccept(*container.Listener) container.ConnectionOptions {
	if l.opts == nil {
		return container.ConnectionOptions{}
	}
	return l.opts()
}

// OnError does nothing.
func (quietListener) OnError(*container.Listener, error) {}

// rules lists properties for a Scenario: id, sentence, id, sentence…
func rules(docs ...string) []sim.Property {
	var ps []sim.Property
	for i := 0; i < len(docs); i += 2 {
		ps = append(ps, sim.Property{Rule: docs[i], Doc: docs[i+1]})
	}
	return ps
}
