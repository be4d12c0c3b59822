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

// faults draws and plans as many faults as the fault parameters of the scenario
// say, on connections from one host to another. Each kind has entropy of its
// own, so that leaving one out does not change the others.
func (x *house) faults(from, to string) {
	for _, f := range []struct {
		param string
		kinds []netsim.Kind
	}{
		{resetParam.Name, []netsim.Kind{netsim.Reset, netsim.Truncate}},
		{cutParam.Name, []netsim.Kind{netsim.HalfClose, netsim.DropEnd}},
		{refuseParam.Name, []netsim.Kind{netsim.Refuse}},
		{stallParam.Name, []netsim.Kind{netsim.Stall, netsim.Partition}},
	} {
		menu := netsim.Menu{
			Kinds: f.kinds, Dialers: []string{from}, Acceptors: []string{to},
			Conns: 3, Bytes: 600, Time: 2 * time.Millisecond, Lasting: 5 * time.Millisecond,
		}
		drawn := menu.Plan(x.w.Rand(f.param).Uint64(), int(x.w.Param(f.param)))
		for _, fault := range sim.Plan(x.w, sim.Faults, strings.TrimPrefix(f.param, "fault."), drawn, nil) {
			x.Net.Inject(fault)
		}
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
