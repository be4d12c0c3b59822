package conformance

import "testing"

func TestVerdictStrings(t *testing.T) {
	for _, k := range []struct {
		v      Verdict
		s      string
		reason string
		bad    bool
	}{
		{pass(), "OK", "", false},
		{info("ignored", "it was %s", "ignored"), "INFO (ignored)", "it was ignored", false},
		{failed("got %s", "\x1b[31mred\r\n"), "FAILED", "got \ufffd[31mred\ufffd\ufffd", true},
		{nonStrict("näher"), "NON-STRICT", "näher", false},
		{skipped("x"), "SKIPPED", "x", false},
		{inconclusive("x"), "INCONCLUSIVE", "x", false},
		{verdict(Crash, "x"), "CRASH", "x", true},
		{verdict(Hang, "x"), "HANG", "x", true},
	} {
		if k.v.String() != k.s || k.v.Reason != k.reason || k.v.Outcome.Bad() != k.bad {
			t.Errorf("got %s %q, bad %t", k.v, k.v.Reason, k.v.Outcome.Bad())
		}
	}
}
