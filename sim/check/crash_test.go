package check

import "testing"

func TestCrash(t *testing.T) {
	// up is a container with a connection, a wake, a job and a timer that it owes.
	const up = `
		m call container.run container=1 count=2 #run
		m begin on_transport_open container=1 conn=1 #o
		m end o
		m begin on_connection_open container=1 conn=1 #p
		m end p
		p call work_queue.add container=1 conn=1 queue=1 item=1 #a
		p return a ok
		p call wake container=1 conn=1 #w
		p return w
		p call container.schedule container=1 item=2 #s
		p return s
		w begin on_message container=1 conn=1 #m`
	tell(t, []tale{
		{name: "nothing is due", text: up + `
			x note crashed container=1
			m note finished`},
		{name: "the next life", text: up + `
			x note crashed container=1
			n call container.run container=2 count=1 #run2
			n begin on_transport_open container=2 conn=2 #o2
			n end o2
			n begin on_transport_close container=2 conn=2 #c2
			n end c2
			n return run2 ok
			m note finished`},
		{name: "a callback after", want: "CRASH-1", text: up + `
			x note crashed container=1
			v begin on_connection_wake container=1 conn=1 #y
			v end y`},
		{name: "a job after", want: "CRASH-1", text: up + `
			x note crashed container=1
			v begin work container=1 conn=1 queue=1 item=1 #y
			v end y`},
		{name: "the end of a callback after", want: "CRASH-1", text: up + `
			x note crashed container=1
			w end m`},
		{name: "the others still owe", want: "WAKE-1", text: `
			p call wake container=2 conn=2 #w
			p return w
			x note crashed container=1
			m note finished`},
		{name: "twice", want: "HISTORY", text: `
			x note crashed container=1
			x note crashed container=1`},
	})
}

func TestDriftingClock(t *testing.T) {
	tell(t, []tale{
		{name: "a fast clock", text: `
			p note clock container=1 count=50000
			p call container.schedule container=1 item=1 delay=1050ms #a
			p return a
			w begin scheduled container=1 item=1 @1s #x
			w end x`},
		{name: "a fast clock, early", want: "SCHED-1", text: `
			p note clock container=1 count=50000
			p call container.schedule container=1 item=1 delay=1050ms #a
			p return a
			w begin scheduled container=1 item=1 @998ms #x
			w end x`},
		{name: "a slow clock, early", want: "SCHED-1", text: `
			p note clock container=1 count=-50000
			p call container.schedule container=1 item=1 delay=950ms #a
			p return a
			w begin scheduled container=1 item=1 @970ms #x
			w end x`},
		{name: "for ever", want: "SCHED-6", text: `
			p note clock container=1 count=50000
			p call container.schedule container=1 item=1 count=9223372036854775807 #a
			p return a
			w begin scheduled container=1 item=1 @1h #x
			w end x`},
	})
}
