package shim

import (
	"fmt"

	"github.com/collider-amqp/collider/sim/check"
	"github.com/collider-amqp/collider/sim/history"
)

// promised tells for each rule that is judged which promise it belongs to. A
// rule that is not here is never held against a shim.
var promised = map[string]func(*Promises) bool{
	"HISTORY": func(*Promises) bool { return true },

	"SER-1": serialized, "SER-2": serialized, "SER-4": serialized, "SER-5": serialized, "SER-8": serialized,

	"WQ-2": func(p *Promises) bool { return p.WorkQueueFIFO },
	"WQ-3": exact, "WQ-4": exact, "WQ-5": exact, "WQ-15": exact, "OWN-7": exact,
	"WQ-6": func(p *Promises) bool { return p.AddReturnsBool && p.AddExactAtClose },

	"WAKE-1": wakes, "WAKE-5": wakes,

	"WQ-12":   func(p *Promises) bool { return p.Schedule },
	"SCHED-1": func(p *Promises) bool { return p.Schedule }, "SCHED-2": func(p *Promises) bool { return p.Schedule },
	"SCHED-5": func(p *Promises) bool { return p.Schedule }, "SCHED-6": func(p *Promises) bool { return p.Schedule },
	"SCHED-7": func(p *Promises) bool { return p.Cancel },

	"RUN-6": autoStop, "RUN-7": autoStop, "RUN-9": autoStop, "RUN-12": autoStop, "WQ-18": autoStop,
	"RUN-1": stopJoins, "RUN-13": stopJoins,

	"PAR-2": bounded, "PAR-4": bounded, "ST-3": bounded,

	"SER-10": lifecycle, "OWN-6": lifecycle, "LIS-1": lifecycle, "LIS-5": lifecycle, "HAND-5": lifecycle, "HAND-6": lifecycle,
	"ORD-1": lifecycle, "ORD-3": lifecycle, "ORD-5": lifecycle, "ORD-6": lifecycle, "ORD-7": lifecycle, "ORD-12": lifecycle,
	"ORD-16": lifecycle, "ORD-17": lifecycle, "RUN-4": lifecycle, "RUN-5": lifecycle, "RUN-14": lifecycle, "RUN-22": lifecycle,
}

func serialized(p *Promises) bool { return p.SerializedCallbacks }
func exact(p *Promises) bool      { return p.AddReturnsBool }
func wakes(p *Promises) bool      { return p.WakeCoalesces }
func autoStop(p *Promises) bool   { return p.AutoStop }
func stopJoins(p *Promises) bool  { return p.StopJoins }
func bounded(p *Promises) bool    { return p.PoolBounded }
func lifecycle(p *Promises) bool  { return p.Lifecycle }

// Judge returns the rules that the history breaks, of those that the library
// promises to keep. It is sim/check's judgement in its lenient form: where the
// contract accepts several behaviours, so does Judge. It also judges the
// canaries, as SER-1. A violation of the rule HISTORY is the shim's fault.
func Judge(h *history.History, p Promises) []check.Violation {
	var skip []string
	for _, r := range check.Rules() {
		if of := promised[r.ID]; of == nil || !of(&p) {
			skip = append(skip, r.ID)
		}
	}
	out := check.New(check.Options{Skip: skip}).Check(h)
	if p.SerializedCallbacks {
		out = append(out, judgeCanaries(h)...)
	}
	return out
}

// judgeCanaries compares each canary with the callbacks and jobs that began
// before it was read.
func judgeCanaries(h *history.History) []check.Violation {
	var out []check.Violation
	entered := map[uint32]int64{}
	for i := range h.Events {
		e := &h.Events[i]
		switch {
		case e.Kind == history.Begin && e.Conn != 0 && e.Listener == 0:
			entered[e.Conn]++
		case e.Kind == history.Note && e.Name == NoteCanary && e.Count != entered[e.Conn]:
			out = append(out, check.Violation{
				Rule: "SER-1", Seqs: []uint64{e.Seq},
				Message: fmt.Sprintf("the unguarded counter of connection %d is %d after %d callbacks and jobs: two ran at once",
					e.Conn, e.Count, entered[e.Conn]),
			})
		}
	}
	return out
}
