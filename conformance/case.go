package conformance

import (
	"strings"

	"github.com/collider-amqp/collider/conformance/peer"
)

// Level says how strictly the specification words a rule. It bounds the verdict on an implementation that misses it.
type Level string

// The levels.
const (
	// Must: a MUST or MUST NOT, a mandatory field, or a type definition; also what the other side MAY do, so that
	// the implementation has to cope. Missed: FAILED.
	Must Level = "MUST"
	// Should: SHOULD, SHOULD NOT or RECOMMENDED. Missed: NON-STRICT.
	Should Level = "SHOULD"
	// May: freedom of the implementation. Whatever it does is INFO or OK.
	May Level = "MAY"
	// Derived: no keyword of its own; it follows from states, arithmetic or definitions. Missed: FAILED where only
	// one behaviour follows, else INFO.
	Derived Level = "DER"
	// Robust: the text is silent, but a crash, a hang or unbounded memory is never right.
	Robust Level = "ROB"
)

// worst returns the outcome lowered to what the level permits.
func (l Level) worst(o Outcome) Outcome {
	switch {
	case l == Should && o == Failed:
		return NonStrict
	case l == May && (o == Failed || o == NonStrict):
		return Info
	}
	return o
}

// Role is the role of the implementation under test in a case.
type Role string

// Server accepts connections.
const Server Role = "srv"

// Rule is one testable requirement of the specification.
type Rule struct {
	// ID is the rule's id in the catalogue: section, subject, number, such as "2.4.1-open-1". Ids are never reused.
	ID string
	// Clause is the section of the OASIS text, such as "2.4.1".
	Clause string
	// Level is how strictly the text words it.
	Level Level
	// Text is the requirement in own words.
	Text string

	_ struct{}
}

// Case is one script that judges one rule in one role.
type Case struct {
	// ID is rule@role, with :variant behind it if the rule has several scripts, such as "2.3.1-frame-1@srv:size-4".
	ID string
	// Rule is what the case judges.
	Rule *Rule
	// Role is the role of the implementation under test.
	Role Role
	// Variant tells the scripts of a rule apart, empty if there is one.
	Variant string
	// Title says in a few words what the script does and expects.
	Title string
	// Need are the properties of the implementation without which the case is SKIPPED.
	Need []Need
	// Run is the script. It may end early by [Run.Stop]; steps of Run that set a case up do so.
	Run func(*Run) Verdict
	// Watch, if not nil, judges every connection of every case of a run, besides its own: it returns a sentence
	// about the first violation that it sees, or "".
	Watch func(*peer.Conn) string

	_ struct{}
}

// Clause is a section of the specification with its cases.
type Clause struct {
	// Number is the section, such as "2.4.1"; the cases may belong to sections inside it.
	Number string
	// Title is the section's title.
	Title string
	// Cases are the cases in the order of the catalogue.
	Cases []Case

	_ struct{}
}

// clauses are all clauses in the order of the specification.
var clauses = []Clause{
	clause1_2, clause1_3, clause1_5, clause2_2, clause2_3, clause2_4_1, clause2_4_2, clause2_4_3, clause2_4_4,
	clause2_4_5, clause2_4_6, clause2_5_1, clause2_7_1,
}

// Clauses returns all clauses with their cases, in the order of the specification. It must not be changed.
func Clauses() []Clause { return clauses }

// Cases returns all cases, clause by clause.
func Cases() []Case {
	var all []Case
	for i := range clauses {
		all = append(all, clauses[i].Cases...)
	}
	return all
}

// clause collects the rules of a section.
func clause(number, title string, rules ...[]Case) Clause {
	c := Clause{Number: number, Title: title}
	for _, cases := range rules {
		c.Cases = append(c.Cases, cases...)
	}
	return c
}

// rule declares a rule with its cases, whose ids follow from it.
func rule(id string, level Level, text string, cases ...Case) []Case {
	section, _, _ := strings.Cut(id, "-")
	r := &Rule{ID: id, Clause: section, Level: level, Text: text}
	for i := range cases {
		k := &cases[i]
		k.Rule, k.ID = r, id+"@"+string(k.Role)
		if k.Variant != "" {
			k.ID += ":" + k.Variant
		}
	}
	return cases
}
