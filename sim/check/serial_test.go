package check

import "testing"

func TestSerialization(t *testing.T) {
	tell(t, []tale{
		{name: "callbacks of one connection one after the other", text: `
			w1 begin on_transport_open conn=1 #a
			w1 end a
			w2 begin on_connection_open conn=1 #b
			w2 end b`},
		{name: "callbacks of two connections overlap", text: `
			w1 begin on_transport_open conn=1 #a
			w2 begin on_transport_open conn=2 #b
			w1 end a
			w2 end b`},
		{name: "callbacks of one connection overlap", want: "SER-1", seqs: []uint64{1, 2}, text: `
			w1 begin on_transport_open conn=1 #a
			w2 begin on_connection_open conn=1 #b
			w2 end b
			w1 end a`},
		{name: "overlap not nested is told once", want: "SER-1", text: `
			w1 begin on_transport_open conn=1 #a
			w2 begin on_connection_open conn=1 #b
			w1 end a
			w2 end b
			w1 begin on_session_open conn=1 #c
			w1 end c`},
		{name: "callback inside a callback", want: "SER-1", text: `
			w1 begin on_transport_open conn=1 #a
			w1 begin on_connection_open conn=1 #b
			w1 end b
			w1 end a`},
		{name: "on_error inside an error callback", text: `
			w1 begin on_transport_error conn=1 #a
			w1 begin on_error conn=1 #b
			w1 end b
			w1 end a`},
		{name: "on_error inside another callback", want: "SER-1", text: `
			w1 begin on_transport_open conn=1 #a
			w1 begin on_error conn=1 #b
			w1 end b
			w1 end a`},
		{name: "work overlaps a callback", want: "SER-2", text: `
			w1 begin on_transport_open conn=1 #a
			w2 begin work conn=1 queue=1 item=1 #b
			w2 end b
			w1 end a`},
		{name: "callback overlaps work", want: "SER-1", text: `
			w2 begin work conn=1 queue=1 item=1 #b
			w1 begin on_transport_open conn=1 #a
			w2 end b
			w1 end a`},
		{name: "a listener's calls and those of its connection overlap", text: `
			w1 begin on_open listener=1 #a
			w1 end a
			w1 begin on_accept listener=1 conn=1 #b
			w2 begin on_transport_open conn=1 #c
			w2 end c
			w1 end b`},
		{name: "a listener's calls overlap", want: "SER-4", text: `
			w1 begin on_open listener=1 #a
			w2 begin on_accept listener=1 conn=1 #b
			w1 end a
			w2 end b`},
		{name: "two listeners overlap", text: `
			w1 begin on_open listener=1 #a
			w2 begin on_open listener=2 #b
			w1 end a
			w2 end b`},
		{name: "jobs of one free queue overlap", want: "SER-5", text: `
			w1 begin work queue=1 item=1 #a
			w2 begin work queue=1 item=2 #b
			w1 end a
			w2 end b`},
		{name: "jobs of two free queues overlap", text: `
			w1 begin work queue=1 item=1 #a
			w2 begin work queue=2 item=2 #b
			w1 end a
			w2 end b`},
		{name: "jobs of two free queues overlap strictly", opt: Options{Strict: true}, want: "SER-5", text: `
			w1 begin work queue=1 item=1 #a
			w2 begin work queue=2 item=2 #b
			w1 end a
			w2 end b`},
		{name: "a scheduled function overlaps a job strictly", opt: Options{Strict: true}, want: "SER-5", text: `
			w1 begin work queue=1 item=1 #a
			w2 begin scheduled item=2 #b
			w1 end a
			w2 end b`},
		{name: "a scheduled function overlaps a callback strictly", opt: Options{Strict: true}, text: `
			w1 begin on_transport_open conn=1 #a
			w2 begin scheduled item=2 #b
			w1 end a
			w2 end b`},
		{name: "two containers have two domains", opt: Options{Strict: true}, text: `
			w1 begin scheduled container=1 item=1 #a
			w2 begin scheduled container=2 item=1 #b
			w1 end a
			w2 end b`},
		{name: "skipped", opt: Options{Skip: []string{"SER-1"}}, text: `
			w1 begin on_transport_open conn=1 #a
			w2 begin on_connection_open conn=1 #b
			w2 end b
			w1 end a`},
	})
}

func TestDeferral(t *testing.T) {
	tell(t, []tale{
		{name: "after the callback", text: `
			w1 begin on_transport_open conn=1 #a
			w1 call work_queue.add conn=1 queue=1 item=1 #j
			w1 return j ok
			w1 end a
			w1 begin work conn=1 queue=1 item=1 #b
			w1 end b`},
		{name: "by the thread that scheduled it", text: `
			p call work_queue.schedule queue=1 item=1 delay=1ms #a
			p return a
			p begin work queue=1 item=1 @1ms #x
			p end x`},
		{name: "inside the call that schedules it", want: "SER-8", text: `
			p call work_queue.schedule queue=1 item=1 #a
			p begin work queue=1 item=1 #x
			p end x
			p return a`},
		{name: "inside the add", want: "SER-8", text: `
			u1 call work_queue.add conn=1 queue=1 item=1 #j
			u1 begin work conn=1 queue=1 item=1 #b
			u1 end b
			u1 return j ok`},
		{name: "on another thread before the add returns", text: `
			u1 call work_queue.add conn=1 queue=1 item=1 #j
			w1 begin work conn=1 queue=1 item=1 #b
			w1 end b
			u1 return j ok`},
		{name: "inside the callback that added it", want: "SER-2 SER-8", text: `
			w1 begin on_transport_open conn=1 #a
			w1 call work_queue.add conn=1 queue=1 item=1 #j
			w1 return j ok
			w1 begin work conn=1 queue=1 item=1 #b
			w1 end b
			w1 end a`},
		{name: "beside the callback of another connection that added it", text: `
			w1 begin on_transport_open conn=2 #a
			w1 call work_queue.add conn=1 queue=1 item=1 #j
			w1 return j ok
			w2 begin work conn=1 queue=1 item=1 #b
			w2 end b
			w1 end a`},
		{name: "inside the job of a free queue that added it", want: "SER-5 SER-8", text: `
			w1 call work_queue.add queue=1 item=1 #i
			w1 return i ok
			w1 begin work queue=1 item=1 #a
			w1 call work_queue.add queue=1 item=2 #j
			w1 return j ok
			w1 begin work queue=1 item=2 #b
			w1 end b
			w1 end a`},
	})
}

func TestParallelism(t *testing.T) {
	tell(t, []tale{
		{name: "two threads", text: `
			main call container.run count=2 #r
			main begin on_container_start #s
			main end s
			main begin on_transport_open conn=1 #a
			w1 begin on_transport_open conn=2 #b
			main end a
			w1 end b
			main begin on_transport_close conn=1 #c
			main end c
			w1 begin on_transport_close conn=2 #d
			w1 end d
			main return r ok`},
		{name: "three at once with run(2)", opt: Options{Partial: true}, want: "PAR-2 PAR-4", text: `
			main call container.run count=2 #r
			main begin on_transport_open conn=1 #a
			w1 begin on_transport_open conn=2 #b
			w2 begin on_transport_open conn=3 #c`},
		{name: "the third thread comes later", opt: Options{Partial: true}, want: "PAR-4", phrase: `thread "w2"`, text: `
			main call container.run count=2 #r
			w1 begin on_transport_open conn=1 #a
			w1 end a
			w2 begin on_connection_open conn=1 #b
			w2 end b`},
		{name: "two callers make a pool", opt: Options{Partial: true}, text: `
			m1 call container.run count=1 #r
			m2 call container.run count=1 #q
			m1 begin on_transport_open conn=1 #a
			m2 begin on_transport_open conn=2 #b
			m1 end a
			m2 end b`},
		{name: "no thread in run", opt: Options{Partial: true}, want: "PAR-4", text: `
			main call container.run count=1 #r
			main return r text=x
			main begin on_transport_open conn=1 #a`},
		{name: "before run", opt: Options{Partial: true}, want: "PAR-4", text: `
			main begin on_transport_open conn=1 #a
			main end a
			main call container.run count=1 #r`},
		{name: "run(1) on another thread", opt: Options{Partial: true}, want: "ST-3", text: `
			main call container.run count=1 #r
			w1 begin on_transport_open conn=1 #a`},
		{name: "run(1) twice at once", opt: Options{Partial: true}, want: "ST-3 ST-3", text: `
			main call container.run count=1 #r
			main begin on_transport_open conn=1 #a
			w1 begin on_transport_open conn=2 #b`},
		{name: "run(0) is run(1)", opt: Options{Partial: true}, want: "ST-3", text: `
			main call container.run count=0 #r
			w1 begin on_transport_open conn=1 #a`},
		{name: "two containers have their own threads", opt: Options{Partial: true}, text: `
			m1 call container.run container=1 count=1 #r
			m2 call container.run container=2 count=1 #q
			m1 begin on_transport_open container=1 conn=1 #a
			m2 begin on_transport_open container=2 conn=2 #b
			m1 end a
			m2 end b
			m1 begin on_connection_open conn=1 #c
			m1 end c`},
		{name: "the thread of the other container", opt: Options{Partial: true}, want: "PAR-4", text: `
			m1 call container.run container=1 count=1 #r
			m2 call container.run container=2 count=1 #q
			m2 return q text=x
			m1 begin on_transport_open container=2 conn=1 #a`},
		{name: "a driver has no run", text: `
			main begin on_transport_open conn=1 #a
			main end a
			main begin on_transport_close conn=1 #b
			main end b`},
	})
}
