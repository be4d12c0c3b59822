package conformance

import (
	"context"
	"fmt"
	"time"

	"github.com/collider-amqp/collider/conformance/peer"
)

// Options of a Runner. The zero value selects all defaults.
type Options struct {
	// Timeout is the longest wait for one answer. Default: 2 s.
	Timeout time.Duration
	// Patience is how long to wait for a target that went away to serve connections again. Default: 3 s.
	Patience time.Duration

	_ struct{}
}

// Result is what a case found.
type Result struct {
	Case    *Case
	Verdict Verdict
	// Closing tells how the case's last connection ended; nil if it made none.
	Closing *peer.Closing
	// Log holds both directions of the case's connections; nil if the case was not run.
	Log *peer.Log
	// First is the log of the first execution if the case was run twice.
	First *peer.Log
	// Took is the time of the last execution.
	Took time.Duration
	// Err is not nil if the suite is to blame for the verdict.
	Err error
}

// Runner judges one target, case after case. It belongs to one goroutine.
type Runner struct {
	target   Target
	profile  Profile
	timeout  time.Duration
	patience time.Duration

	dead     string // why no further case can run, empty if one can
	watchers []*watcher
}

// NewRunner discovers the target's profile and returns a runner. The error is an *UnreachableError.
func NewRunner(ctx context.Context, target Target, opts Options) (*Runner, error) {
	r := &Runner{target: target, timeout: opts.Timeout, patience: opts.Patience}
	if r.timeout <= 0 {
		r.timeout = 2 * time.Second
	}
	if r.patience <= 0 {
		r.patience = 3 * time.Second
	}
	if r.target.Credentials.Mechanism == "" {
		r.target.Credentials = Anonymous()
	}
	var err error
	r.profile, err = Discover(ctx, r.target, r.timeout)
	return r, err
}

// Profile returns what the target says of itself.
func (r *Runner) Profile() Profile { return r.profile }

// Run runs the cases one after the other and hands each result to each as it is known. Cases that watch the others
// come last. It stops early if ctx ends; the error is then the cause.
func (r *Runner) Run(ctx context.Context, cases []Case, each func(Result)) error {
	r.watchers = nil
	for i := range cases {
		if cases[i].Watch != nil {
			r.watchers = append(r.watchers, &watcher{watch: cases[i].Watch, result: Result{Case: &cases[i]}})
		}
	}
	for i := range cases {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		res := r.decide(ctx, &cases[i])
		if w := r.watcher(&cases[i]); w != nil {
			w.result = res
			continue
		}
		each(res)
	}
	for _, w := range r.watchers {
		each(w.verdict())
	}
	return nil
}

// decide runs one case, a second time if the verdict accuses the target: only what shows twice is reported as its
// fault.
func (r *Runner) decide(ctx context.Context, k *Case) Result {
	for _, n := range k.Need {
		if !r.profile.has(n) {
			return Result{Case: k, Verdict: skipped("the target has not %s", n)}
		}
	}
	if r.dead != "" {
		return Result{Case: k, Verdict: inconclusive("%s", r.dead)}
	}
	res := r.attempt(ctx, k)
	if !res.Verdict.Outcome.Bad() || r.dead != "" {
		return res
	}
	again := r.attempt(ctx, k)
	again.First = res.Log
	if again.Verdict.Outcome != res.Verdict.Outcome {
		again.Verdict = inconclusive("flaky: first %s (%s), then alone %s (%s)",
			res.Verdict, res.Verdict.Reason, again.Verdict, again.Verdict.Reason)
	}
	return again
}

// attempt runs the script once, ends its connections, and looks whether the target is still alive.
func (r *Runner) attempt(ctx context.Context, k *Case) Result {
	start := time.Now()
	run := &Run{ctx: ctx, target: &r.target, profile: &r.profile, timeout: r.timeout, log: peer.NewLog()}
	res := Result{Case: k, Log: run.log}
	res.Verdict, res.Err = run.script(k)
	res.Closing = run.finish()
	for _, w := range r.watchers {
		w.see(run, k)
	}
	if life := r.probe(ctx); life.outcome != OK && ctx.Err() == nil {
		r.buried(ctx, &res, life)
	}
	res.Took = time.Since(start)
	return res
}

// buried turns the verdict of a case after which the target serves no connections into CRASH or HANG.
func (r *Runner) buried(ctx context.Context, res *Result, life lifeSign) {
	reason := "after this case " + life.reason
	if res.Verdict.Reason != "" {
		reason += fmt.Sprintf(" (the case itself: %s, %s)", res.Verdict, res.Verdict.Reason)
	}
	res.Log.Note("%s", reason)
	res.Verdict = Verdict{Outcome: life.outcome, Reason: reason}
	if !r.returns(ctx) {
		r.dead = fmt.Sprintf("not run: the target serves no connections since %s", res.Case.ID)
	}
}

// watcher collects what a case that watches the others sees.
type watcher struct {
	watch      func(*peer.Conn) string
	result     Result
	conns      int
	violations []string
	log        *peer.Log // of the first violation
}

// violationsMax bounds what a report says about one rule.
const violationsMax = 5

func (r *Runner) watcher(k *Case) *watcher {
	for _, w := range r.watchers {
		if w.result.Case == k {
			return w
		}
	}
	return nil
}

func (w *watcher) see(run *Run, k *Case) {
	for _, c := range run.conns {
		w.conns++
		if v := w.watch(c); v != "" && len(w.violations) < violationsMax {
			w.violations = append(w.violations, "in "+k.ID+": "+v)
			if w.log == nil {
				w.log = run.log
			}
		}
	}
}

// verdict is the case's own verdict unless another connection broke the rule. What was seen on the wire needs no
// second run.
func (w *watcher) verdict() Result {
	res := w.result
	if len(w.violations) == 0 || res.Verdict.Outcome.Bad() {
		return res
	}
	v := failed("%d connections seen; %s", w.conns, w.violations[0])
	for _, more := range w.violations[1:] {
		v.Reason += "; " + more
	}
	v.Outcome = res.Case.Rule.Level.worst(v.Outcome)
	res.Verdict, res.Log, res.Closing = v, w.log, nil
	return res
}
