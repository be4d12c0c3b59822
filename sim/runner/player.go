package runner

import (
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Player executes many runs one after another in a World that it keeps. It must
// not be used by two goroutines at once.
type Player struct {
	watchdog time.Duration
	stage    *stage
}

// stage is a World with the place where its runs report.
type stage struct {
	w    *sim.World
	done chan played
}

type played struct {
	r   sim.Result
	err *PanicError
}

// NewPlayer returns a Player. A watchdog of zero means 10 s, a negative one none.
func NewPlayer(watchdog time.Duration) *Player { return &Player{watchdog: watchdog} }

// Play executes one run. The error is a *PanicError. After a run that is stuck, or
// a panic, the World is given up and the next run gets another one.
func (p *Player) Play(s *sim.Scenario, cfg sim.RunConfig) (sim.Result, error) {
	if p.stage == nil {
		st := &stage{done: make(chan played, 3)} // a stuck step reports, too, and may come back
		st.w = sim.NewWorld(sim.Options{Watchdog: p.watchdog, OnStuck: func(r sim.Result) { st.done <- played{r: r} }})
		p.stage = st
	}
	st := p.stage
	go func() {
		var failed *PanicError
		r := execute(st.w, s, &cfg, func(e *PanicError) { failed = e })
		st.done <- played{r, failed}
	}()
	o := <-st.done
	switch {
	case o.err != nil:
		p.stage = nil
		closeWorld(st.w)
		return sim.Result{}, o.err
	case o.r.Failure != nil && o.r.Failure.Kind == sim.Stuck:
		p.stage = nil
		go func() {
			<-st.done
			closeWorld(st.w)
		}()
	}
	return o.r, nil
}

// Close frees the World. The Player may be used again.
func (p *Player) Close() {
	if p.stage != nil {
		closeWorld(p.stage.w)
		p.stage = nil
	}
}
