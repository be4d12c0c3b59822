package netsim

import (
	"errors"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// TestDeadlineIsOfTheHostsClock sets deadlines by clocks that are ahead and drift.
func TestDeadlineIsOfTheHostsClock(t *testing.T) {
	stories(t, func(w *sim.World) {
		net := New(w, Options{})
		net.Host("client").SetClock(sim.Clock{Offset: time.Hour, Drift: sim.MaxDrift})
		net.Host("broker").SetClock(sim.Clock{Offset: -time.Hour, Drift: -sim.MaxDrift})
		x := &scene{Network: net, w: w}
		var err error
		x.listen, err = net.Host("broker").Listen("tcp", ":5672")
		x.must(err, "listen")
		x.c, x.s = x.connect()
		x.must(x.c.SetReadDeadline(net.Host("client").Env().Now().Add(11*time.Second)), "deadline")
		x.want(errors.Is(x.readError(x.c), errDeadline), "no time-out")
		x.at(10*time.Second, "11 s of a clock that is a tenth fast")
		x.must(x.s.SetReadDeadline(net.Host("broker").Env().Now().Add(9*time.Second)), "deadline")
		x.want(errors.Is(x.readError(x.s), errDeadline), "no time-out")
		x.at(20*time.Second, "9 s of a clock that is a tenth slow")
		ran := w.NewInt64("ran", 0)
		net.Host("client").Env().AfterFunc(11*time.Second, func() {
			ran.Store(1)
			x.at(30*time.Second, "a timer of 11 s")
		})
		w.Sleep(time.Minute)
		x.want(ran.Load() == 1, "the timer has not fired")
		net.Host("client").Crash()
		net.Host("client").Restart()
		ahead := net.Host("client").Env().Now().Sub(w.Now())
		x.want(ahead == time.Hour+8*time.Second, "after a restart the clock is %v ahead", ahead)
	})
}
