package runner

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// PanicError is a panic of the harness: of the kernel, a strategy or a checker,
// not of a scenario's thread.
type PanicError struct {
	// Scenario and Seed name the run.
	Scenario string
	Seed     uint64
	// Value is the panic's value, Stack the goroutine's stack.
	Value any
	Stack string
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("runner: panic in the harness in scenario %s, seed %d: %v", e.Scenario, e.Seed, e.Value)
}

// execute is sim.Execute that turns a panic, and a Goexit of the calling
// goroutine, into a call of failed.
func execute(w *sim.World, s *sim.Scenario, cfg *sim.RunConfig, failed func(*PanicError)) sim.Result {
	done := false
	defer func() {
		if done {
			return
		}
		v := recover()
		if v == nil {
			v = "runtime.Goexit called: is it FailNow of a testing.T in a Check?"
		}
		failed(&PanicError{Scenario: s.Name, Seed: cfg.Seed, Value: v, Stack: string(debug.Stack())})
	}()
	r := sim.Execute(w, s, *cfg)
	done = true
	return r
}

// Once executes one run in a World of its own and returns its result, or a
// *PanicError. A run that is stuck is returned as failed; its World is lost.
func Once(s *sim.Scenario, cfg sim.RunConfig, watchdog time.Duration) (sim.Result, error) {
	return once(s, cfg, sim.Options{Watchdog: watchdog})
}

func once(s *sim.Scenario, cfg sim.RunConfig, opt sim.Options) (sim.Result, error) {
	type outcome struct {
		r   sim.Result
		err error
	}
	// Room for both the stuck report and a step that comes back after all.
	done := make(chan outcome, 3)
	opt.OnStuck = func(r sim.Result) { done <- outcome{r: r} }
	w := sim.NewWorld(opt)
	go func() {
		defer closeWorld(w)
		var failed error
		r := execute(w, s, &cfg, func(e *PanicError) { done <- outcome{err: e}; failed = e })
		if failed == nil {
			done <- outcome{r: r}
		}
	}()
	o := <-done
	return o.r, o.err
}

// closeWorld frees a World, also one that a panic of the harness has left in no
// good state: what can be freed is.
func closeWorld(w *sim.World) {
	defer func() {
		if v := recover(); v != nil {
			return // the panic that did this has been reported
		}
	}()
	w.Close()
}
