package check

import "testing"

func TestSchedule(t *testing.T) {
	tell(t, []tale{
		{name: "in time", text: `
			p call container.schedule item=1 delay=10ms @1ms #a
			p return a
			w begin scheduled item=1 @11ms #x
			w end x`},
		{name: "within the tick", text: `
			p call container.schedule item=1 delay=10ms #a
			p return a
			w begin scheduled item=1 @9ms #x
			w end x`},
		{name: "early", want: "SCHED-1", text: `
			p call container.schedule item=1 delay=10ms #a
			p return a
			w begin scheduled item=1 @8ms #x
			w end x`},
		{name: "twice", want: "SCHED-1", text: `
			p call container.schedule item=1 #a
			p return a
			w begin scheduled item=1 #x
			w end x
			w begin scheduled item=1 #y
			w end y`},
		{name: "negative delay", text: `
			p call container.schedule item=1 delay=-5ms @3ms #a
			p return a
			w begin scheduled item=1 #x
			w end x`},
		{name: "more than 32 bits of milliseconds", want: "SCHED-1", text: `
			p call container.schedule item=1 delay=1200h #a
			p return a
			w begin scheduled item=1 @1s #x
			w end x`},
		{name: "for ever", want: "SCHED-6", text: `
			p call container.schedule item=1 count=9223372036854775807 @1ms #a
			p return a
			w begin scheduled item=1 @2ms #x
			w end x`},
		{name: "number used twice", want: "HISTORY", text: `
			p call container.schedule item=1 #a
			p return a
			p call container.schedule item=1 #b
			p return b
			w begin scheduled item=1 #x
			w end x`},
		{name: "due order", text: `
			p call container.schedule item=1 delay=20ms #a
			p return a
			p call container.schedule item=2 delay=10ms #b
			p return b
			w begin scheduled item=2 @30ms #x
			w end x
			w begin scheduled item=1 #y
			w end y`},
		{name: "due order in another container", text: `
			p call container.schedule container=1 item=1 delay=10ms #a
			p return a
			p call container.schedule container=2 item=2 delay=20ms #b
			p return b
			w begin scheduled container=2 item=2 @30ms #x
			w end x
			w begin scheduled container=1 item=1 #y
			w end y`},
		{name: "due order broken", want: "SCHED-2", seqs: []uint64{3, 5, 7}, text: `
			p call container.schedule item=1 delay=20ms #a
			p return a
			p call container.schedule item=2 delay=10ms #b
			p return b
			w begin scheduled item=1 @30ms #x
			w end x
			w begin scheduled item=2 #y
			w end y`},
		{name: "due order broken long ago", want: "SCHED-2", text: `
			p call container.schedule item=2 delay=10ms #b
			p return b
			p call container.schedule item=1 delay=20ms #a
			p return a
			w begin scheduled item=1 @30ms #x
			w end x
			p call container.schedule item=3 delay=-1ms @5ms #c
			p return c
			w begin scheduled item=3 @40ms #z
			w end z
			w begin scheduled item=2 #y
			w end y`},
		{name: "the same millisecond in any order", text: `
			p call container.schedule item=1 delay=10ms #a
			p return a
			p call container.schedule item=2 delay=10ms #b
			p return b
			w begin scheduled item=2 @30ms #x
			w end x
			w begin scheduled item=1 #y
			w end y`},
		{name: "scheduled after the other had begun", text: `
			p call container.schedule item=1 delay=10ms #a
			p return a
			w begin scheduled item=1 @30ms #x
			p call container.schedule item=2 delay=-1h #b
			p return b
			w end x
			w begin scheduled item=2 #y
			w end y`},
		{name: "clock read inside the call", text: `
			p call container.schedule item=1 delay=10ms #a
			p return a @7ms
			p call container.schedule item=2 delay=5ms #b
			p return b @9ms
			w begin scheduled item=1 @30ms #x
			w end x
			w begin scheduled item=2 #y
			w end y`},
	})
}

func TestCancel(t *testing.T) {
	tell(t, []tale{
		{name: "before it is due", want: "SCHED-7", seqs: []uint64{4, 5}, text: `
			p call container.schedule item=1 delay=10ms #a
			p return a
			p call container.cancel item=1 #c
			p return c
			w begin scheduled item=1 @10ms #x
			w end x`},
		{name: "when it is due, from outside", text: `
			p call container.schedule item=1 delay=10ms #a
			p return a
			p call container.cancel item=1 @10ms #c
			p return c
			w begin scheduled item=1 #x
			w end x`},
		{name: "when it is due, from a function of the same batch", want: "SCHED-7", text: `
			p call container.schedule item=1 delay=10ms #a
			p return a
			p call container.schedule item=2 delay=11ms #b
			p return b
			w begin scheduled item=1 @20ms #x
			w call container.cancel item=2 #c
			w return c
			w end x
			w begin scheduled item=2 #y
			w end y`},
		{name: "itself, twice, unknown, after run", text: `
			p call container.schedule item=1 #a
			p return a
			w begin scheduled item=1 #x
			w call container.cancel item=1 #c
			w return c
			w end x
			p call container.cancel item=1 #d
			p return d
			p call container.cancel item=99 #e
			p return e`},
	})
}

func TestPendingAtAutoStop(t *testing.T) {
	pending := func(delay string) string {
		return `
			p call container.schedule item=1 ` + delay + ` #a
			p return a
			main call container.run count=1 #r
			main begin on_transport_open conn=1 #o
			main end o
			main begin on_transport_close conn=1 #x
			main end x`
	}
	tell(t, []tale{
		{name: "delay", want: "RUN-7", text: pending("delay=10ms") + `
			main return r ok`},
		{name: "no delay", want: "SCHED-5", text: pending("delay=0s") + `
			main return r ok`},
		{name: "dropped by stop", text: pending("delay=10ms") + `
			p call container.stop #k
			p return k
			main return r ok`},
		{name: "cancelled", text: pending("delay=10ms") + `
			p call container.cancel item=1 #c
			p return c
			main return r ok`},
		{name: "for ever", text: pending("count=9223372036854775807") + `
			main return r ok`},
		{name: "scheduled when the container had stopped", text: `
			main call container.run count=1 #r
			main begin on_transport_open conn=1 #o
			main end o
			main begin on_transport_close conn=1 #x
			main end x
			p call container.schedule item=1 #a
			p return a
			main return r ok`},
	})
}
