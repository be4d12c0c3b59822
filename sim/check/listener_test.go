package check

import "testing"

func TestListener(t *testing.T) {
	tell(t, []tale{
		{name: "open accept close", text: `
			w1 begin on_open listener=1 #a
			w1 end a
			w1 begin on_accept listener=1 conn=1 #b
			w1 end b
			w1 begin on_accept listener=1 conn=2 #c
			w1 end c
			w1 begin on_close listener=1 #d
			w1 end d`},
		{name: "failure to listen", text: `
			w1 begin on_error listener=1 #a
			w1 end a
			w1 begin on_close listener=1 #b
			w1 end b`},
		{name: "stopped at once", text: `
			w1 begin on_close listener=1 #b
			w1 end b`},
		{name: "stopped by an error", text: `
			w1 begin on_open listener=1 #a
			w1 end a
			w1 begin on_error listener=1 #b
			w1 end b
			w1 begin on_close listener=1 #c
			w1 end c`},
		{name: "accept before open", want: "LIS-1", text: `
			w1 begin on_accept listener=1 conn=1 #a
			w1 end a`},
		{name: "open twice", want: "LIS-1", text: `
			w1 begin on_open listener=1 #a
			w1 end a
			w1 begin on_open listener=1 #b
			w1 end b`},
		{name: "close twice", want: "LIS-1", text: `
			w1 begin on_close listener=1 #a
			w1 end a
			w1 begin on_close listener=1 #b
			w1 end b`},
		{name: "accept after error", want: "LIS-1", text: `
			w1 begin on_open listener=1 #a
			w1 end a
			w1 begin on_error listener=1 #b
			w1 end b
			w1 begin on_accept listener=1 conn=1 #c
			w1 end c`},
		{name: "error after close", want: "LIS-1", text: `
			w1 begin on_close listener=1 #a
			w1 end a
			w1 begin on_error listener=1 #b
			w1 end b`},
		{name: "no close at the end of run", want: "LIS-1", text: `
			main call container.run count=1 #r
			main begin on_open listener=1 #a
			main end a
			main return r ok`},
		{name: "accept after the connection's callbacks", want: "LIS-5", text: `
			w1 begin on_open listener=1 #a
			w1 end a
			w2 begin on_transport_open conn=1 #b
			w2 end b
			w1 begin on_accept listener=1 conn=1 #c
			w1 end c`},
		{name: "accept twice", want: "LIS-5", text: `
			w1 begin on_open listener=1 #a
			w1 end a
			w1 begin on_accept listener=1 conn=1 #b
			w1 end b
			w1 begin on_accept listener=1 conn=1 #c
			w1 end c`},
	})
}
