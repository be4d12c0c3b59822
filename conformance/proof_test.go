package conformance

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/collider-amqp/collider/conformance/internal/memnet"
	"github.com/collider-amqp/collider/conformance/internal/reference"
)

// judge runs cases against a reference server in memory. The bug appears after the profile was discovered, as one that
// shows only in the situation that a case makes.
func judge(t *testing.T, cfg reference.Config, bug reference.Bug, cases []Case) map[string]Result {
	t.Helper()
	l := memnet.Listen()
	server := reference.New(cfg)
	served := make(chan error)
	go func() { served <- server.Serve(l) }()
	defer func() {
		server.Close()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	ctx := context.Background()
	target := Target{Name: "reference", Dial: func(ctx context.Context) (net.Conn, error) { return l.Dial(ctx) }}
	r, err := NewRunner(ctx, target, Options{Timeout: time.Second, Patience: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	server.SetBug(bug)
	results := map[string]Result{}
	err = r.Run(ctx, cases, func(res Result) { results[res.Case.ID] = res })
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(cases) {
		t.Fatalf("%d results for %d cases", len(results), len(cases))
	}
	return results
}

// open are the cases about what the text leaves open: a correct server gets INFO.
var open = map[string]Outcome{
	"2.7.1-open-4@srv:511": Info,
	"2.7.1-open-4@srv:0":   Info,
	"2.4.5-idle-11@srv":    Info,
}

func TestCorrectServerPasses(t *testing.T) {
	for name, cfg := range map[string]reference.Config{
		"plain":   {},
		"sasl":    {SASL: true},
		"one":     {ChannelMax: 1, MaxFrameSize: 4096},
		"minimal": {MaxFrameSize: 512},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for id, res := range judge(t, cfg, reference.None, Cases()) {
					want := OK
					if o, ok := open[id]; ok {
						want = o
					}
					if got := res.Verdict.Outcome; got != want && got != Skipped {
						t.Errorf("%s: %s: %s\n%s", id, res.Verdict, res.Verdict.Reason, res.Log)
					}
					if res.Verdict.Outcome == Skipped && name == "plain" {
						t.Errorf("%s is skipped: %s", id, res.Verdict.Reason)
					}
				}
			})
		})
	}
}
