package cli

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
)

// An interrupted batch says how to go on, and what it says does the rest: not a run
// less, not a run more.
func TestInterruptedRunGoesOn(t *testing.T) {
	for _, flags := range [][]string{nil, {"-shard", "1/3"}, {"-workers", "1", "-p", "threads=3"}} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			s := newShell(t)
			clean, other := toy.Clean(), toy.LostUpdate()
			other.Name, other.Run = "toy/other", clean.Run
			s.cfg.Scenarios = []*sim.Scenario{clean, other}
			run := func(args ...string) out { return s.do(append([]string{"run", "-seed", "5", "-json"}, args...)...) }
			whole := s.last(run(append(flags, "-runs", "3000")...))

			ctx, cancel := context.WithCancel(t.Context())
			var runs atomic.Int64
			body := clean.Run
			clean.Run = func(w *sim.World) {
				if runs.Add(1) == 600 {
					cancel()
				}
				body(w)
			}
			s.ctx = ctx
			o := run(append(flags, "-runs", "3000")...)
			s.ctx = t.Context()
			s.want(o, ExitInterrupted, "interrupted after ", " are done; to go on:")
			var first, last uint64
			_, text, _ := strings.Cut(o.stderr, "the seeds from ")
			if _, err := fmt.Sscanf(text, "%d to %d", &first, &last); err != nil || first != 5 || last < first || last >= 3004 {
				t.Fatalf("%v in %q", err, o.stderr)
			}
			_, line, _ := strings.Cut(text, "simrun ")
			line, _, _ = strings.Cut(line, "\n")

			var sum uint64
			for _, o := range []out{run(append(flags, "-runs", fmt.Sprint(last-first+1))...), s.do(append(strings.Fields(line), "-json")...)} {
				var d uint64
				if _, err := fmt.Sscanf(s.last(o)["digest"].(string), "%x", &d); err != nil {
					t.Fatal(err)
				}
				sum += d
			}
			if got := fmt.Sprintf("%016x", sum); got != whole["digest"] {
				t.Errorf("seeds to %d and %q give digest %s, the whole batch %s", last, line, got, whole["digest"])
			}
		})
	}
}
