package conformance

import (
	"fmt"
	"strings"
	"unicode"
)

// Outcome is what a case found.
type Outcome string

// The outcomes, best first.
const (
	// OK: as the text says.
	OK Outcome = "OK"
	// Info: the text leaves it open; the variant is named.
	Info Outcome = "INFO"
	// NonStrict: a SHOULD was missed, or the reaction is within the text but not the one it names.
	NonStrict Outcome = "NON-STRICT"
	// Unimplemented: the implementation says that it does not have the feature.
	Unimplemented Outcome = "UNIMPLEMENTED"
	// Skipped: a precondition does not hold.
	Skipped Outcome = "SKIPPED"
	// Inconclusive: the suite could not decide.
	Inconclusive Outcome = "INCONCLUSIVE"
	// Failed: a requirement is not met.
	Failed Outcome = "FAILED"
	// Hang: the implementation accepts connections but answers nothing any more.
	Hang Outcome = "HANG"
	// Crash: the implementation is gone.
	Crash Outcome = "CRASH"
)

// Outcomes lists the outcomes, best first.
var Outcomes = []Outcome{OK, Info, NonStrict, Unimplemented, Skipped, Inconclusive, Failed, Hang, Crash}

// Bad reports whether the outcome says that the implementation is wrong.
func (o Outcome) Bad() bool { return o == Failed || o == Hang || o == Crash }

// Verdict is the result of a script.
type Verdict struct {
	Outcome Outcome
	// Variant names the behaviour that an INFO verdict observed, such as "ignored".
	Variant string
	// Reason is a sentence on what was expected and what came; empty for a plain OK.
	Reason string
}

// String returns the outcome, with the variant behind it.
func (v Verdict) String() string {
	if v.Variant != "" {
		return string(v.Outcome) + " (" + v.Variant + ")"
	}
	return string(v.Outcome)
}

func pass() Verdict { return Verdict{Outcome: OK} }

func verdict(o Outcome, format string, args ...any) Verdict {
	return Verdict{Outcome: o, Reason: printable(fmt.Sprintf(format, args...))}
}

// printable replaces what a terminal might obey: reasons quote the target.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

func failed(format string, args ...any) Verdict    { return verdict(Failed, format, args...) }
func nonStrict(format string, args ...any) Verdict { return verdict(NonStrict, format, args...) }
func skipped(format string, args ...any) Verdict   { return verdict(Skipped, format, args...) }

func inconclusive(format string, args ...any) Verdict {
	return verdict(Inconclusive, format, args...)
}

// info is a verdict on behaviour that the text leaves open.
func info(variant, format string, args ...any) Verdict {
	v := verdict(Info, format, args...)
	v.Variant = variant
	return v
}
