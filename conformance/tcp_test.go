package conformance

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/collider-amqp/collider/conformance/internal/reference"
)

// The same suite over real sockets: FIN, RST and segments are those of the system.
func TestCorrectServerPassesOverTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := reference.New(reference.Config{})
	served := make(chan struct{})
	go func() { defer close(served); server.Serve(l) }()
	defer func() { server.Close(); <-served }()
	r, err := NewRunner(context.Background(), TCP(l.Addr().String()), Options{Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = r.Run(context.Background(), Cases(), func(res Result) {
		n++
		want := OK
		if o, ok := open[res.Case.ID]; ok {
			want = o
		}
		if res.Case.Rule.ID == "2.4.5-idle-1" && res.Verdict.Outcome == NonStrict {
			return // the machine is busy
		}
		if res.Verdict.Outcome != want {
			t.Errorf("%s: %s: %s\n%s", res.Case.ID, res.Verdict, res.Verdict.Reason, res.Log)
		}
		if res.Closing != nil && res.Closing.After > 0 {
			t.Errorf("%s: closing %s", res.Case.ID, res.Closing)
		}
	})
	if err != nil || n != len(Cases()) {
		t.Fatalf("%d cases, %v", n, err)
	}
}
