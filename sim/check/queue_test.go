package check

import "testing"

func TestQueueOrder(t *testing.T) {
	tell(t, []tale{
		{name: "in order", text: `
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a ok
			p1 call work_queue.add queue=1 item=2 #b
			p1 return b ok
			w1 begin work queue=1 item=1 #x
			w1 end x
			w1 begin work queue=1 item=2 #y
			w1 end y`},
		{name: "one producer's jobs swapped", want: "WQ-2", seqs: []uint64{2, 3, 5, 7}, text: `
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a ok
			p1 call work_queue.add queue=1 item=2 #b
			p1 return b ok
			w1 begin work queue=1 item=2 #y
			w1 end y
			w1 begin work queue=1 item=1 #x
			w1 end x`},
		{name: "overlapping adds in any order", text: `
			p1 call work_queue.add queue=1 item=1 #a
			p2 call work_queue.add queue=1 item=2 #b
			p1 return a ok
			p2 return b ok
			w1 begin work queue=1 item=2 #y
			w1 end y
			w1 begin work queue=1 item=1 #x
			w1 end x`},
		{name: "real time between producers", want: "WQ-2", text: `
			p1 call work_queue.add queue=1 item=1 #a
			p3 call work_queue.add queue=1 item=3 #c
			p1 return a ok
			p2 call work_queue.add queue=1 item=2 #b
			p2 return b ok
			p3 return c ok
			w1 begin work queue=1 item=3 #z
			w1 end z
			w1 begin work queue=1 item=2 #y
			w1 end y
			w1 begin work queue=1 item=1 #x
			w1 end x`},
		{name: "two queues in any order", text: `
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a ok
			p1 call work_queue.add queue=2 item=2 #b
			p1 return b ok
			w1 begin work queue=2 item=2 #y
			w1 end y
			w1 begin work queue=1 item=1 #x
			w1 end x`},
		{name: "scheduled by a thread of the pool", text: `
			w1 begin scheduled item=9 #s
			w1 call work_queue.schedule queue=1 item=1 delay=0ms #a
			w1 return a
			w1 end s
			w1 begin work queue=1 item=1 #x
			w1 end x`},
		{name: "scheduled jobs in any order", text: `
			p1 call work_queue.schedule queue=1 item=1 delay=10ms #a
			p1 return a
			p1 call work_queue.add queue=1 item=2 #b
			p1 return b ok
			w1 begin work queue=1 item=2 #y
			w1 end y
			w1 begin work queue=1 item=1 @10ms #x
			w1 end x`},
	})
}

func TestExactlyOnce(t *testing.T) {
	tell(t, []tale{
		{name: "twice", want: "WQ-3", seqs: []uint64{3, 5}, text: `
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a ok
			w1 begin work queue=1 item=1 #x
			w1 end x
			w1 begin work queue=1 item=1 #y
			w1 end y`},
		{name: "refused and run later", want: "WQ-3", text: `
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a
			w1 begin work queue=1 item=1 #x
			w1 end x`},
		{name: "refused and run before", want: "WQ-3", text: `
			p1 call work_queue.add queue=1 item=1 #a
			w1 begin work queue=1 item=1 #x
			w1 end x
			p1 return a`},
		{name: "never added", want: "WQ-3", text: `
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a ok
			w1 begin work queue=1 item=1 #x
			w1 end x
			w1 begin work queue=1 item=2 #y
			w1 end y`},
		{name: "run before the add", want: "WQ-3", text: `
			w1 begin work queue=1 item=1 #x
			w1 end x
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a ok`},
		{name: "number used twice", want: "HISTORY", opt: Options{Partial: true}, text: `
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a ok
			p1 call work_queue.add queue=1 item=1 #b
			p1 return b ok`},
		{name: "adds not recorded", text: `
			w1 begin work queue=1 item=1 #x
			w1 end x`},
		{name: "lost by a connection that has ended", want: "WQ-3", text: `
			p1 call work_queue.add conn=1 queue=1 item=1 #a
			p1 return a ok
			w1 begin on_transport_open conn=1 #o
			w1 end o
			w1 begin on_transport_close conn=1 #x
			w1 end x`},
		{name: "the same in a partial history", opt: Options{Partial: true}, text: `
			p1 call work_queue.add conn=1 queue=1 item=1 #a
			p1 return a ok
			w1 begin on_transport_open conn=1 #o
			w1 end o
			w1 begin on_transport_close conn=1 #x
			w1 end x`},
		{name: "accepted while closing and lost", want: "WQ-6", text: `
			w1 begin on_transport_open conn=1 #o
			w1 end o
			w1 begin on_connection_open conn=1 #c
			w1 end c
			w1 begin on_connection_close conn=1 #k
			p1 call work_queue.add conn=1 queue=1 item=1 #a
			p1 return a ok
			w1 end k
			w1 begin on_transport_close conn=1 #x
			w1 end x`},
		{name: "refused while closing", text: `
			w1 begin on_transport_open conn=1 #o
			w1 end o
			w1 begin on_transport_close conn=1 #x
			p1 call work_queue.add conn=1 queue=1 item=1 #a
			p1 return a
			w1 end x`},
		{name: "accepted after the close", want: "WQ-4", text: `
			w1 begin on_transport_open conn=1 #o
			w1 end o
			w1 begin on_transport_close conn=1 #x
			w1 end x
			p1 call work_queue.add conn=1 queue=1 item=1 #a
			p1 return a ok`},
		{name: "run during the final callback", want: "SER-2 WQ-5", text: `
			p1 call work_queue.add conn=1 queue=1 item=1 #a
			p1 return a ok
			w1 begin on_transport_open conn=1 #o
			w1 end o
			w1 begin on_transport_close conn=1 #x
			w2 begin work conn=1 queue=1 item=1 #y
			w2 end y
			w1 end x`},
		{name: "run after the final callback", want: "OWN-7", text: `
			p1 call work_queue.add conn=1 queue=1 item=1 #a
			p1 return a ok
			w1 begin on_transport_open conn=1 #o
			w1 end o
			w1 begin on_transport_close conn=1 #x
			w1 end x
			w1 begin work conn=1 queue=1 item=1 #y
			w1 end y`},
		{name: "scheduled too early", want: "WQ-12", text: `
			p1 call work_queue.schedule queue=1 item=1 delay=10ms @5ms #a
			p1 return a
			w1 begin work queue=1 item=1 @13ms #x
			w1 end x`},
		{name: "scheduled and never run", text: `
			p1 call work_queue.schedule queue=1 item=1 delay=10ms #a
			p1 return a`},
	})
}

func TestFreeQueue(t *testing.T) {
	const run = `
			main call container.run count=1 #r
			main begin on_container_start #s
			main end s`
	tell(t, []tale{
		{name: "accepted and run", text: run + `
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a ok
			main begin work queue=1 item=1 #x
			main end x
			main return r ok`},
		{name: "pending at stop and lost", want: "WQ-3", text: run + `
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a ok
			p1 call container.stop #k
			p1 return k
			main return r ok`},
		{name: "closed queue drops", text: run + `
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a ok
			p1 call work_queue.close queue=1 #c
			p1 return c
			p1 call container.stop #k
			p1 return k
			main return r ok`},
		{name: "accepted after the end", want: "WQ-15", text: run + `
			p1 call container.stop #k
			p1 return k
			main return r ok
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a ok`},
		{name: "refused after the end", text: run + `
			p1 call container.stop #k
			p1 return k
			main return r ok
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a`},
		{name: "accepted after an auto-stop for the next run", text: run + `
			main begin on_transport_open conn=1 #o
			main end o
			main begin on_transport_close conn=1 #x
			main end x
			main return r ok
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a ok`},
		{name: "pending at an auto-stop", want: "WQ-18", text: run + `
			p1 call work_queue.add queue=1 item=1 #a
			p1 return a ok
			main begin on_transport_open conn=1 #o
			main end o
			main begin on_transport_close conn=1 #x
			main end x
			main return r ok`},
	})
}
