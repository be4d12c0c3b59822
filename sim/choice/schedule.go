package choice

import (
	"fmt"
	"strconv"
	"strings"
)

// Clock is the name of the pseudo-thread whose steps move virtual time although
// a thread could run.
const Clock = "clock"

// Case is the name of the pseudo-thread that stands for which of several ready cases
// a Select takes, counted by its steps from 1, where the strategy has decided that; it
// takes none itself.
const Case = "case"

// Free is the name of the pseudo-thread whose steps are made by whichever thread
// a replay chooses by itself. No recorded schedule has them: they stand for a
// stretch in which the decisions do not matter.
const Free = "*"

// Without returns the name of the pseudo-thread whose steps are made by whichever
// thread a replay chooses by itself, but for one, which is held back: it goes only
// where no other can. No recorded schedule has them.
func Without(thread string) string { return without + thread }

const without = "*-"

// Held returns the thread that a segment of that name holds back; ok is false if it
// holds none.
func Held(name string) (thread string, ok bool) { return strings.CutPrefix(name, without) }

// Segment is a number of steps that one thread makes in a row.
type Segment struct {
	// Thread is the thread's stable name (its path, as "main/reader#2"), Clock, Free
	// or what Without returns.
	Thread string `json:"thread"`
	// Steps is the number of operations, at least 1.
	Steps uint64 `json:"steps"`
}

// Schedule is what a scheduler decided in one run.
type Schedule []Segment

// Makes says whether the segment's steps are steps of a thread, known or free.
func (g *Segment) Makes() bool { return g.Thread != Clock && g.Thread != Case }

// Steps returns the sum of the segments' steps.
func (s Schedule) Steps() uint64 {
	n := uint64(0)
	for _, g := range s {
		n += g.Steps
	}
	return n
}

// String returns the segments as "main 6 | recv/app 2 | clock 1".
func (s Schedule) String() string {
	var b strings.Builder
	for i, g := range s {
		if i > 0 {
			b.WriteString(" | ")
		}
		b.WriteString(g.Thread)
		b.WriteByte(' ')
		b.WriteString(strconv.FormatUint(g.Steps, 10))
	}
	return b.String()
}

// ParseSchedule reads what String wrote. White space around a segment does not
// matter; an empty text is an empty schedule. The error names the segment.
func ParseSchedule(text string) (Schedule, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var s Schedule
	for i, part := range strings.Split(text, "|") {
		part = strings.TrimSpace(part)
		cut := strings.LastIndexByte(part, ' ')
		if cut < 0 {
			return nil, fmt.Errorf("choice: segment %d %q: want a thread and a number of steps", i+1, part)
		}
		n, err := strconv.ParseUint(part[cut+1:], 10, 64)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("choice: segment %d %q: steps must be a number from 1", i+1, part)
		}
		s = append(s, Segment{Thread: strings.TrimSpace(part[:cut]), Steps: n})
	}
	return s, nil
}
