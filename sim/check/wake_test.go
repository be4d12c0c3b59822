package check

import "testing"

func TestWake(t *testing.T) {
	const open = `
			w1 begin on_transport_open conn=1 #o
			w1 end o
			w1 begin on_connection_open conn=1 #c
			w1 end c`
	const end = `
			w1 begin on_connection_close conn=1 #k
			w1 end k
			w1 begin on_transport_close conn=1 #x
			w1 end x`
	tell(t, []tale{
		{name: "served", text: open + `
			p1 call wake conn=1 #a
			p1 return a
			w1 begin on_connection_wake conn=1 #y
			w1 end y`},
		{name: "never served", want: "WAKE-1", seqs: []uint64{5}, text: open + `
			p1 call wake conn=1 #a
			p1 return a`},
		{name: "served by a callback that began before", want: "WAKE-1", text: open + `
			w1 begin on_connection_wake conn=1 #y
			p1 call wake conn=1 #a
			p1 return a
			w1 end y`},
		{name: "several served by one", text: open + `
			p1 call wake conn=1 #a
			p1 return a
			p1 call wake conn=1 #b
			p1 return b
			w1 begin on_connection_wake conn=1 #y
			w1 end y`},
		{name: "spurious", text: open + `
			w1 begin on_connection_wake conn=1 #y
			w1 end y`},
		{name: "the other connection's", want: "WAKE-1", text: open + `
			p1 call wake conn=1 #a
			p1 return a
			w2 begin on_connection_wake conn=2 #y
			w2 end y`},
		{name: "during a close by the peer", text: open + `
			p1 call wake conn=1 #a
			p1 return a` + end},
		{name: "before a local close", text: open + `
			p1 call wake conn=1 #a
			p1 return a
			w1 call connection.close conn=1 #d
			w1 return d` + end},
		{name: "before a local close, strictly", opt: Options{Strict: true}, want: "WAKE-1", text: open + `
			p1 call wake conn=1 #a
			p1 return a
			w1 call connection.close conn=1 #d
			w1 return d` + end},
		{name: "beside a local close, strictly", opt: Options{Strict: true}, text: open + `
			p1 call wake conn=1 #a
			w1 call connection.close conn=1 #d
			p1 return a
			w1 return d` + end},
		{name: "before a local close and a broken transport, strictly", opt: Options{Strict: true}, text: open + `
			p1 call wake conn=1 #a
			p1 return a
			w1 call connection.close conn=1 #d
			w1 return d
			w1 begin on_transport_error conn=1 #k
			w1 end k
			w1 begin on_transport_close conn=1 #x
			w1 end x`},
		{name: "while waiting to reconnect", text: open + `
			w1 begin on_transport_error conn=1 #k
			w1 end k
			p1 call wake conn=1 #a
			p1 return a
			w1 begin on_transport_open conn=1 #x
			w1 end x`},
		{name: "after stop", text: open + `
			p1 call container.stop #s
			p1 return s
			p1 call wake conn=1 #a
			p1 return a`},
		{name: "after the end", text: open + end + `
			p1 call wake conn=1 #a
			p1 return a`},
		{name: "callback after the end", want: "WAKE-5", text: open + end + `
			w1 begin on_connection_wake conn=1 #y
			w1 end y`},
		{name: "partial", opt: Options{Partial: true}, text: open + `
			p1 call wake conn=1 #a
			p1 return a`},
	})
}

func TestStats(t *testing.T) {
	c := New(Options{})
	c.Check(story(t, `
			w1 begin on_transport_open conn=1 #o
			w2 begin work queue=1 item=1 #q
			w2 end q
			w1 end o
			w1 begin scheduled item=1 #s
			w1 end s
			p1 call wake conn=1 #a
			p1 return a
			p1 call wake conn=1 #b
			p1 return b
			p1 call wake conn=1 #c
			p1 return c
			w1 begin on_connection_wake conn=1 #y
			w1 end y`))
	want := Stats{Callbacks: 2, Jobs: 1, Scheduled: 1, Wakes: 3, WakeCallbacks: 1, Coalesced: 2, Parallel: 2}
	if got := c.Stats(); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}
