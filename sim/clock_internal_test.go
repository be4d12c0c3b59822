package sim

import (
	"testing"
	"testing/quick"
	"time"
)

// TestClockIsMonotone holds a drifting clock against its inverse at any time.
func TestClockIsMonotone(t *testing.T) {
	f := func(offset int64, drift int32, at uint64, d uint32) bool {
		c := Clock{Offset: time.Duration(offset % int64(24*time.Hour)), Drift: int64(drift) % (MaxDrift + 1)}
		e := time.Duration(at % uint64(1<<55))
		shown := c.at(e)
		first := c.when(shown)
		if first > e || c.at(first) != shown || first > 0 && c.at(first-1) >= shown || c.at(e+1) < shown {
			t.Logf("%+v at %d shows %d, first at %d", c, e, shown, first)
			return false
		}
		lasts := c.lasts(e, time.Duration(d))
		return c.at(e+lasts)-shown >= time.Duration(d) && (lasts == 0 || c.at(e+lasts-1)-shown < time.Duration(d))
	}
	if err := quick.Check(f, &quick.Config{MaxCount: 20_000}); err != nil {
		t.Error(err)
	}
}

func TestClockSaturates(t *testing.T) {
	for _, drift := range []int64{-MaxDrift, 0, 3, MaxDrift} {
		c := Clock{Offset: time.Hour, Drift: drift}
		if got := c.lasts(time.Hour, maxTime); got != maxTime {
			t.Errorf("drift %d: for ever lasts %v", drift, got)
		}
		if got := c.at(maxTime); got < c.at(maxTime/2) {
			t.Errorf("drift %d: the end of time is %v", drift, got)
		}
	}
}
