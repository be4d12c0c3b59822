package check

import (
	"fmt"
	"strings"
	"testing"
)

// in writes a story of callbacks of connection 1, one after the other; a word
// may carry a link and an item as NAME/LINK/ITEM or a session as NAME@SESSION.
func in(callbacks string) string {
	var b strings.Builder
	for i, w := range strings.Fields(callbacks) {
		name, session, _ := strings.Cut(w, "@")
		fields := ""
		if session != "" {
			fields = " session=" + session
		}
		part := strings.Split(name, "/")
		if len(part) == 3 {
			fields += fmt.Sprintf(" link=%s item=%s", part[1], part[2])
		}
		if part[0] == "work" {
			fields += fmt.Sprintf(" queue=1 item=%d", i+1)
		} else {
			part[0] = "on_" + part[0]
		}
		fmt.Fprintf(&b, "w begin %s conn=1%s #x%d\nw end x%d\n", part[0], fields, i, i)
	}
	return b.String()
}

func TestConnectionOrder(t *testing.T) {
	for _, c := range []struct{ want, callbacks string }{
		{"", "transport_open connection_open session_open@1 sender_open@1 sendable@1 connection_close transport_close"},
		{"", "connection_wake work transport_open work connection_open connection_wake message connection_error connection_close transport_close"},
		{"", "transport_open transport_error transport_close"},
		{"", "transport_open transport_close"},
		{"", "transport_error transport_error transport_open connection_open transport_error transport_error transport_open transport_close"},
		{"", "transport_error work connection_wake transport_open transport_close"},
		{"", "transport_open connection_open connection_close transport_open connection_open connection_close transport_close"},
		{"", "transport_open connection_open transport_error error transport_close"},
		{"ORD-1", "transport_open transport_open transport_close"},
		{"ORD-1 ORD-3", "connection_open transport_close"},
		{"ORD-1", "transport_open message transport_close"},
		{"ORD-1", "transport_open connection_open connection_open transport_close"},
		{"ORD-1", "transport_open connection_open connection_close message transport_close"},
		{"ORD-1", "transport_open connection_close transport_close"},
		{"ORD-1", "transport_open connection_open connection_close connection_close transport_close"},
		{"ORD-6", "transport_open connection_open transport_error connection_close transport_close"},
		{"ORD-6", "transport_open connection_open transport_error message"},
		{"ORD-3", "transport_error transport_close"},
		{"ORD-5", "transport_open transport_close transport_close"},
		{"OWN-6", "transport_open connection_open transport_close sender_close"},
		{"OWN-6", "transport_open transport_close error"},
		{"ORD-7", "transport_open connection_open connection_error message"},
		{"ORD-7", "transport_open connection_open connection_error transport_error transport_close"},
		{"", "transport_open connection_open connection_error error connection_close transport_close"},
		{"", "transport_open connection_open session_open@1 session_error@1 session_close@1"},
		{"ORD-7", "transport_open connection_open session_open@1 session_open@2 session_error@1 session_close@2"},
		{"", "transport_open connection_open sender_open/1/0 sender_error/1/0 sender_close/1/0"},
		{"", "transport_open connection_open receiver_open/1/0 receiver_error/1/0 receiver_detach/1/0"},
		{"ORD-7", "transport_open connection_open sender_open/1/0 sender_open/2/0 sender_error/1/0 sender_close/2/0"},
		{"ORD-7", "transport_open connection_open sender_open/1/0 sender_error/1/0 sendable/1/0 sender_close/1/0"},
		{"", "transport_open connection_open sender_open/1/0 sendable/1/0 transport_error transport_open connection_open sender_open/1/0 sendable/1/0"},
		{"ORD-12", "transport_open connection_open sendable/1/0 sender_open/1/0"},
		{"ORD-12", "transport_open connection_open receiver_open/1/0@3 session_open@3"},
		{"", "transport_open connection_open sendable/1/0"},
		{"", "transport_open connection_open tracker_accept/1/7 tracker_settle/1/7 tracker_release/1/8 work connection_wake tracker_settle/1/8"},
		{"", "transport_open connection_open tracker_settle/1/7"},
		{"ORD-16", "transport_open connection_open tracker_accept/1/7 tracker_settle/1/8"},
		{"ORD-16", "transport_open connection_open tracker_accept/1/7 sendable/1/0 tracker_settle/1/7"},
		{"ORD-16", "transport_open connection_open tracker_accept/1/7 tracker_settle/1/7 tracker_settle/1/7"},
		{"ORD-16", "transport_open connection_open tracker_accept/1/7 tracker_settle/2/7"},
		{"ORD-16", "transport_open connection_open tracker_accept/1/7 tracker_settle/1/7 tracker_accept/1/7"},
		{"HAND-6", "transport_open container_start"},
		{"HAND-5", "transport_open connection_open connection_wake/2/0"},
		{"HAND-5", "transport_open@1 connection_open"},
	} {
		t.Run(c.callbacks, func(t *testing.T) {
			h := story(t, in(c.callbacks))
			if got := New(Options{}).Check(h); ids(got) != c.want {
				t.Errorf("broken rules %q, want %q\n%v\n%s", ids(got), c.want, got, text(h))
			}
		})
	}
}

func TestFinalCallback(t *testing.T) {
	const run = `
			main call container.run count=1 #r
			main begin on_transport_open conn=1 #o
			main end o`
	tell(t, []tale{
		{name: "none before stop", want: "ORD-5", text: run + `
			p1 call container.stop #k
			p1 return k
			main return r ok`},
		{name: "none before an auto-stop", want: "RUN-6", text: run + `
			main return r ok`},
		{name: "connected and forgotten", want: "RUN-22", text: run + `
			main call container.connect #c
			main return c ok conn=2
			p1 call container.stop #k
			p1 return k
			main begin on_transport_close conn=1 #x
			main end x
			main return r ok`},
		{name: "connect failed", text: run + `
			main call container.connect #c
			main return c conn=2
			main begin on_transport_close conn=1 #x
			main end x
			main return r ok`},
		{name: "connected after the run", text: run + `
			main begin on_transport_close conn=1 #x
			main end x
			main return r ok
			main call container.connect #c
			main return c ok conn=2`},
		{name: "still running", text: run},
	})
}
