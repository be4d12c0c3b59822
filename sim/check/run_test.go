package check

import "testing"

func TestRun(t *testing.T) {
	const stop = `
			p1 call container.stop #k
			p1 return k`
	tell(t, []tale{
		{name: "start work stop", opt: Options{Strict: true}, text: `
			main call container.run count=2 #r
			main begin on_container_start #s
			main end s
			w1 begin on_transport_open conn=1 #a
			w1 end a
			w1 begin on_transport_close conn=1 #b
			w1 end b
			w1 begin on_container_stop #e
			w1 end e
			main return r ok`},
		{name: "callback before the start", want: "SER-10", text: `
			main call container.run count=2 #r
			w1 begin on_transport_open conn=1 #a
			w1 end a
			main begin on_container_start #s
			main end s` + stop},
		{name: "callback during the start", want: "SER-10", seqs: []uint64{2, 3}, text: `
			main call container.run count=2 #r
			main begin on_container_start #s
			w1 begin on_transport_open conn=1 #a
			w1 end a
			main end s` + stop},
		{name: "start on another thread", want: "RUN-4", text: `
			main call container.run count=2 #r
			w1 begin on_container_start #s
			w1 end s` + stop},
		{name: "start twice in one run", want: "RUN-4", text: `
			main call container.run count=2 #r
			main begin on_container_start #s
			main end s
			main begin on_container_start #q
			main end q` + stop},
		{name: "start in each run", text: `
			main call container.run count=2 #r
			main begin on_container_start #s
			main end s
			main return r text=x
			main call container.run count=2 #r
			main begin on_container_start #s
			main end s` + stop},
		{name: "start in each run, strictly", opt: Options{Strict: true}, want: "RUN-4", text: `
			main call container.run count=2 #r
			main begin on_container_start #s
			main end s
			main return r text=x
			main call container.run count=2 #r
			main begin on_container_start #s
			main end s` + stop},
		{name: "stop twice", want: "RUN-4", text: `
			main call container.run count=2 #r` + stop + `
			main begin on_container_stop #s
			main end s
			main begin on_container_stop #q
			main end q
			main return r ok`},
		{name: "returned during a callback", want: "RUN-1", phrase: `"w1"`, text: `
			main call container.run count=2 #r
			w1 begin on_transport_open conn=1 #a
			w1 end a
			w1 begin on_transport_close conn=1 #b` + stop + `
			main return r ok
			w1 end b`},
		{name: "returned during the stop callback", want: "RUN-5", text: `
			main call container.run count=2 #r` + stop + `
			w1 begin on_container_stop #e
			main return r ok
			w1 end e`},
		{name: "one of two calls returned during a callback", text: `
			m1 call container.run count=1 #r
			m2 call container.run count=1 #q
			m1 begin on_transport_open conn=1 #a
			m1 end a` + stop + `
			m1 begin on_transport_close conn=1 #b
			m2 return q ok
			m1 end b
			m1 return r ok`},
		{name: "callback after the stop callback, strictly", opt: Options{Strict: true}, want: "RUN-5", text: `
			main call container.run count=1 #r` + stop + `
			main begin on_container_stop #e
			main end e
			main begin scheduled item=1 #a
			main end a
			main return r ok`},
		{name: "empty container stops by itself", want: "RUN-6", text: `
			main call container.run count=1 #r
			main begin on_container_start #s
			main end s
			main return r ok`},
		{name: "auto-stop though it is off", want: "RUN-9", text: `
			main call container.auto_stop count=0 #o
			main return o
			main call container.schedule item=1 #t
			main return t
			main call container.run count=1 #r
			main begin scheduled item=1 #s
			main end s
			main return r ok`},
		{name: "auto-stop was on again", text: `
			main call container.auto_stop count=0 #o
			main return o
			main call container.schedule item=1 #t
			main return t
			main call container.run count=1 #r
			main begin scheduled item=1 #s
			p1 call container.auto_stop count=1 #q
			main end s
			main return r ok
			p1 return q`},
		{name: "auto-stop was turned off on the way out", text: `
			main call container.schedule item=1 #t
			main return t
			main call container.run count=1 #r
			main begin scheduled item=1 #s
			main end s
			p1 call container.auto_stop count=0 #o
			p1 return o
			main return r ok`},
		{name: "empty container is stopped", text: `
			main call container.run count=1 #r
			main begin on_container_start #s
			main end s` + stop + `
			main return r ok`},
		{name: "empty container is cancelled", text: `
			main call container.run count=1 #r
			main return r text=cancelled`},
		{name: "refused connect is something to do", text: `
			main call container.connect #c
			main return c ok
			main call container.run count=1 #r
			main return r ok`},
		{name: "not returned after stop", want: "RUN-13", text: `
			main call container.run count=1 #r` + stop + `
			p1 note finished`},
		{name: "not returned after stop, end not planned", text: `
			main call container.run count=1 #r` + stop},
		{name: "not returned though idle", want: "RUN-12", text: `
			p1 call container.schedule item=1 #t
			p1 return t
			main call container.run count=4 #r
			w1 begin scheduled item=1 #s
			w1 end s
			p1 note finished`},
		{name: "not returned, a connection is left", text: `
			main call container.run count=4 #r
			w1 begin on_transport_open conn=1 #s
			w1 end s
			p1 note finished`},
		{name: "not returned, nothing was done", text: `
			main call container.run count=4 #r
			p1 note finished`},
		{name: "first error", text: `
			main call container.run count=1 #r
			p1 call container.stop text=amqp:one #a
			p1 return a
			p1 call container.stop text=amqp:two #b
			p1 return b
			main return r text=amqp:one`},
		{name: "later error", want: "RUN-13", seqs: []uint64{2, 4, 6}, text: `
			main call container.run count=1 #r
			p1 call container.stop text=amqp:one #a
			p1 return a
			p1 call container.stop text=amqp:two #b
			p1 return b
			main return r text=amqp:two`},
		{name: "connect after stop", want: "RUN-14 RUN-14", text: `
			main call container.run count=1 #r` + stop + `
			main return r ok
			main call container.connect #c
			main return c ok
			main call container.listen #l
			main return l ok`},
		{name: "connect refused after stop", text: `
			main call container.run count=1 #r` + stop + `
			main return r ok
			main call container.connect #c
			main return c`},
		{name: "connect beside stop", text: `
			main call container.run count=1 #r
			p1 call container.stop #k
			main call container.connect #c
			p1 return k
			main return c ok
			main return r ok`},
		{name: "callbacks in a run after stop", want: "RUN-14", text: `
			main call container.run count=1 #r
			main begin on_transport_open conn=1 #a
			main end a
			main begin on_transport_close conn=1 #b
			main end b` + stop + `
			main return r ok
			main call container.run count=1 #r
			main return r ok
			main call container.run count=1 #r
			main begin scheduled item=1 #s
			main end s
			main return r ok`},
		{name: "the run after a stop that met one returning", text: `
			main call container.run count=1 #r
			main begin on_container_start #s
			main end s` + stop + `
			main return r ok
			main call container.run count=1 #r
			main begin on_transport_open conn=1 #a
			main end a
			main begin on_transport_close conn=1 #b
			main end b
			main return r ok`},
		{name: "first run after stop", text: `` + stop + `
			main call container.run count=1 #r
			main begin on_container_start #s
			main end s
			main begin on_transport_open conn=1 #a
			main end a
			main begin on_transport_close conn=1 #b
			main end b
			main begin on_container_stop #e
			main end e
			main return r ok`},
	})
}
