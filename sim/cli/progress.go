package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/collider-amqp/collider/sim/runner"
)

// plainEvery is the time between two progress lines that are not rewritten.
const plainEvery = 10 * time.Second

// progress prints how far a batch is: one line that is rewritten on a terminal,
// now and then a line elsewhere.
type progress struct {
	env     *Env
	off     bool
	rewrite bool
	shown   bool
	last    time.Duration
}

func newProgress(env *Env, mode string) *progress {
	return &progress{env: env, off: mode == "off", rewrite: mode == "auto" && env.Terminal}
}

// show prints a state, if it is time.
func (p *progress) show(s runner.Progress) {
	if !p.off {
		p.line(s.Elapsed, progressLine(s))
	}
}

// line prints a line about the state after a time, if it is time.
func (p *progress) line(elapsed time.Duration, text string) {
	switch {
	case p.off:
	case p.rewrite:
		p.shown = true
		fmt.Fprintf(p.env.Stderr, "\r\x1b[K%s", text)
	case elapsed-p.last >= plainEvery:
		p.last = elapsed
		fmt.Fprintln(p.env.Stderr, text)
	}
}

// clear removes the rewritten line.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.env.Stderr, "\r\x1b[K")
		p.shown = false
	}
}

// progressLine states runs, rate, failures and the time that remains.
func progressLine(s runner.Progress) string {
	rate := 0.0
	if t := s.Elapsed.Seconds(); t > 0 {
		rate = float64(s.Runs) / t
	}
	line := fmt.Sprintf("  %s runs  %s/s  %s steps  %d failed", grouped(s.Runs), short(rate), short(float64(s.Steps)), s.Failures)
	if s.Classes > 0 {
		line += fmt.Sprintf("  %s classes, %.2g new a run", grouped(uint64(s.Classes)), s.Unseen)
	}
	if left := remaining(s, rate); left >= 0 {
		line += "  " + left.Round(time.Second).String() + " left"
	}
	return strings.TrimRight(line, " ")
}

// remaining estimates the time that remains, negative if it cannot be known.
func remaining(s runner.Progress, rate float64) time.Duration {
	left := time.Duration(-1)
	if rate > 0 && s.Planned > 0 {
		left = time.Duration(float64(s.Planned-min(s.Planned, s.Runs)) / rate * float64(time.Second))
	}
	if budget := max(0, s.Budget-s.Elapsed); s.Budget > 0 && (left < 0 || budget < left) {
		left = budget
	}
	return left
}

// short prints a number with three figures and k or M.
func short(x float64) string {
	switch {
	case x >= 1e6:
		return fmt.Sprintf("%.3gM", x/1e6)
	case x >= 1e3:
		return fmt.Sprintf("%.3gk", x/1e3)
	}
	return fmt.Sprintf("%.0f", x)
}
