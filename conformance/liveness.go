package conformance

import (
	"context"
	"fmt"
	"time"

	"github.com/collider-amqp/collider/conformance/peer"
)

// lifeSign tells whether the target still serves a new connection.
type lifeSign struct {
	// outcome is OK, Crash (nothing accepts connections) or Hang (connections are accepted, but not opened).
	outcome Outcome
	reason  string
}

// probe opens and closes a connection.
func (r *Runner) probe(ctx context.Context) lifeSign {
	nc, err := dial(ctx, &r.target, r.timeout)
	if err != nil {
		return lifeSign{Crash, fmt.Sprintf("no new connection is accepted: %v", err)}
	}
	c := peer.New(nc, peer.Options{Timeout: r.timeout})
	defer c.Abort()
	if err := r.target.open(c, r.profile.SASL, nil); err != nil {
		return lifeSign{Hang, fmt.Sprintf("a new connection is accepted but not opened: %v", err)}
	}
	if _, err := c.Close(nil); err != nil {
		return lifeSign{Hang, fmt.Sprintf("a new connection is opened but not closed: %v", err)}
	}
	return lifeSign{outcome: OK}
}

// retryEvery is the pause between two probes of a target that is being started again.
const retryEvery = 100 * time.Millisecond

// returns waits until the target serves connections again, as one under a supervisor does.
func (r *Runner) returns(ctx context.Context) bool {
	end := time.Now().Add(r.patience)
	for {
		if r.probe(ctx).outcome == OK {
			return true
		}
		if ctx.Err() != nil || !time.Now().Before(end) {
			return false
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryEvery):
		}
	}
}
