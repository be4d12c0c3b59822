package check

import "testing"

func TestDelivery(t *testing.T) {
	tell(t, []tale{
		{name: "sent received accepted", text: `
			a note sent link=1 item=1
			b note received link=2 item=1
			a note accepted link=1 item=1
			a note finished`},
		{name: "lost", want: "DELIVERY-1", seqs: []uint64{1, 2, 3}, text: `
			a note sent link=1 item=1
			a note accepted link=1 item=1
			a note finished`},
		{name: "lost before the planned end", text: `
			a note sent link=1 item=1
			a note accepted link=1 item=1`},
		{name: "not accepted and lost", text: `
			a note sent link=1 item=1
			a note released link=1 item=1
			a note sent link=1 item=2
			a note outcome_unknown link=1 item=2
			a note sent_settled link=1 item=3
			a note finished`},
		{name: "duplicate", want: "DELIVERY-2", text: `
			a note sent link=1 item=1
			b note received link=2 item=1
			b note received link=2 item=1`},
		{name: "sent again and received twice", text: `
			a note sent link=1 item=1
			b note received link=2 item=1
			a note outcome_unknown link=1 item=1
			a note sent link=1 item=1
			b note received link=2 item=1`},
		{name: "from nowhere", want: "DELIVERY-3", text: `
			b note received link=2 item=1`},
	})
}

func TestCredit(t *testing.T) {
	const open = `
			w begin on_transport_open conn=1 #o
			w end o
			w begin on_connection_open conn=1 #c
			w end c`
	const msg = `
			w begin on_message conn=1 link=1 #m
			w end m`
	const drain = `
			w begin on_receiver_drain_finish conn=1 link=1 #d
			w end d`
	tell(t, []tale{
		{name: "within credit", text: open + `
			w note credit link=1 count=2` + msg + msg},
		{name: "beyond credit", want: "CREDIT-1", text: open + `
			w note credit link=1 count=2` + msg + msg + msg},
		{name: "not counted", text: open + msg + msg},
		{name: "another link's credit", text: open + `
			w note credit link=2 count=1` + msg + msg},
		{name: "more credit", text: open + `
			w note credit link=1 count=1` + msg + `
			w note credit link=1 count=1` + msg},
		{name: "reset", want: "CREDIT-1", text: open + `
			w note credit link=1 count=5
			w note credit_reset link=1 count=1` + msg + msg},
		{name: "after a drain", want: "ORD-15", text: open + `
			w note credit link=1 count=5` + msg + drain + msg},
		{name: "after a drain and new credit", text: open + `
			w note credit link=1 count=5` + msg + drain + `
			w note credit link=1 count=1` + msg},
		{name: "drain of a link that is not counted", text: open + msg + drain + msg},
	})
}

func TestForgot(t *testing.T) {
	const accepted = `
			a note sent link=1 item=7
			a note accepted link=1 item=7`
	tell(t, []tale{
		{name: "lost", want: "DELIVERY-1", text: accepted + `
			a note finished`},
		{name: "lost with the node", text: accepted + `
			x note forgot link=1
			a note finished`},
		{name: "lost with all nodes", text: accepted + `
			x note forgot
			a note finished`},
		{name: "another node forgot", want: "DELIVERY-1", text: accepted + `
			x note forgot link=2
			a note finished`},
		{name: "lost afterwards", want: "DELIVERY-1", text: `
			x note forgot link=1` + accepted + `
			a note finished`},
		{name: "sent again", want: "DELIVERY-1", text: accepted + `
			x note forgot link=1
			a note sent link=1 item=7
			a note finished`},
		{name: "never sent", want: "DELIVERY-3", text: `
			x note forgot link=1
			a note received item=8
			a note finished`},
	})
}

func TestAtMostOnce(t *testing.T) {
	tell(t, []tale{
		{name: "tracker callback", want: "ORD-17 ORD-17", text: `
			a note sent_settled link=1 item=7
			` + in("transport_open connection_open tracker_accept/1/7 tracker_settle/1/7")},
		{name: "tracker of another message", text: `
			a note sent_settled link=1 item=7
			` + in("transport_open connection_open tracker_accept/1/8 tracker_settle/1/8 tracker_accept/2/7 tracker_settle/2/7")},
	})
}
