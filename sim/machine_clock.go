package sim

import "time"

// Clock says how a machine's clock differs from virtual time, which a perfect clock
// would show. The zero Clock is perfect.
type Clock struct {
	// Offset is how far it is ahead when the run begins; negative is behind.
	Offset time.Duration
	// Drift is how much faster it goes, in parts per million; negative is slower.
	// It is at most MaxDrift and at least -MaxDrift.
	Drift int64
}

// MaxDrift bounds the drift of a clock, in parts per million: a tenth.
const MaxDrift = 100_000

const million = 1_000_000

// at returns what the clock shows, since the Epoch, at the virtual time e.
func (c Clock) at(e time.Duration) time.Duration {
	if c == (Clock{}) {
		return e
	}
	q, r := int64(e)/million, int64(e)%million
	gain := r * c.Drift / million
	if r*c.Drift%million < 0 {
		gain-- // round down, so that the clock never goes backwards
	}
	return plus(plus(e, time.Duration(q*c.Drift+gain)), c.Offset)
}

// when returns the earliest virtual time, from 0, at which the clock shows at least
// the given time.
func (c Clock) when(shown time.Duration) time.Duration {
	if c == (Clock{}) || shown == maxTime {
		return max(shown, 0)
	}
	x := int64(plus(shown, -c.Offset))
	if x <= 0 {
		return 0
	}
	per := million + c.Drift
	q, r := x/per, x%per
	if q > int64(maxTime)/million-1 {
		return maxTime
	}
	e := time.Duration(q*million + r*million/per)
	for c.at(e) < shown {
		e++
	}
	for e > 0 && c.at(e-1) >= shown {
		e--
	}
	return e
}

// lasts returns the virtual time that passes until the clock, at the virtual time
// now, has gone on by d.
func (c Clock) lasts(now, d time.Duration) time.Duration {
	if c == (Clock{}) || d <= 0 {
		return d
	}
	to := plus(c.at(now), d)
	if to == maxTime {
		return maxTime
	}
	return c.when(to) - now
}

// plus adds two times; a sum that does not fit becomes the greatest or the least.
func plus(a, b time.Duration) time.Duration {
	s := a + b
	switch {
	case a > 0 && b > 0 && s < 0:
		return maxTime
	case a < 0 && b < 0 && s >= 0:
		return -maxTime
	}
	return s
}
