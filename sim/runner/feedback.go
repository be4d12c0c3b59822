package runner

import (
	"fmt"
	"slices"
	"sync"

	"github.com/collider-amqp/collider/sim"
)

// newFeedback returns a new sim.Feedback, nil if the name is that of another
// strategy.
func newFeedback(strategy string) *sim.Feedback {
	s, err := sim.ParseStrategy(strategy)
	if err != nil {
		return nil
	}
	f, _ := s.(*sim.Feedback)
	return f
}

// refuseFeedback is the error of a command that names runs by their seeds; nil if
// the strategy is one of them.
func refuseFeedback(strategy string) error {
	if newFeedback(strategy) == nil {
		return nil
	}
	return &OptionError{Option: "Strategy", Reason: fmt.Sprintf(
		"%s: its runs depend on the ones before, a seed does not name one; replay a failure's file, or choose another strategy", strategy)}
}

// coverage is what the Feedbacks of one scenario have seen together. Each worker has
// one of its own, which learns from its own runs: only what is reported is shared.
type coverage struct {
	mu      sync.Mutex
	classes map[uint64]bool // seen by more than one run
	once    int
	full    bool
	of      []reported
}

// reported is what a Feedback has reported last.
type reported struct {
	by     *sim.Feedback
	report sim.FeedbackReport
}

// maxCoverage bounds the classes that are told apart.
const maxCoverage = 1 << 18

func newCoverage() *coverage {
	return &coverage{classes: map[uint64]bool{}}
}

// add takes in what f has seen since the last time.
func (c *coverage) add(f *sim.Feedback) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.Drain(c.see)
	i := slices.IndexFunc(c.of, func(r reported) bool { return r.by == f })
	if i < 0 {
		i = len(c.of)
		c.of = append(c.of, reported{by: f})
	}
	c.of[i].report = f.Report()
}

func (c *coverage) see(class uint64) {
	again, ok := c.classes[class]
	switch {
	case ok && !again:
		c.classes[class] = true
		c.once--
	case !ok && len(c.classes) < maxCoverage:
		c.classes[class] = false
		c.once++
	case !ok:
		c.full = true
	}
}

// report returns the sum of the reports, each class counted once.
func (c *coverage) report() sim.FeedbackReport {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := sim.FeedbackReport{Classes: len(c.classes), Once: c.once, Full: c.full}
	for i := range c.of {
		f := &c.of[i].report
		r.Blind += f.Blind
		r.Steered += f.Steered
		r.Mutated += f.Mutated
		r.Full = r.Full || f.Full
	}
	return r
}

// feedback returns the worker's own Feedback for a scenario, nil if the strategy is
// another.
func (w *worker) feedback(scenario int) *sim.Feedback {
	if w.b.plans[scenario].coverage == nil {
		return nil
	}
	if w.feedbacks == nil {
		w.feedbacks = make([]*sim.Feedback, len(w.b.plans))
	}
	if w.feedbacks[scenario] == nil {
		w.feedbacks[scenario] = sim.NewFeedback()
	}
	return w.feedbacks[scenario]
}

func (p *plan) feedbackReport() *sim.FeedbackReport {
	if p.coverage == nil {
		return nil
	}
	r := p.coverage.report()
	return &r
}
