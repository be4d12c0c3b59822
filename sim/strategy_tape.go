package sim

import "github.com/collider-amqp/collider/sim/choice"

// The octets of a tape, see FromBytes.
const (
	tapeStay   = 128 // below: so many steps and one more without a decision
	tapeChange = 128 // and above: another thread
	tapeClock  = 255 // the clock
)

// FromBytes returns the strategy that reads its decisions from octets, for a fuzzer.
// Where they say nothing, and after their end, it decides as a Replay does where the
// schedule has nothing: the current thread goes on while it can and does not yield,
// else the one spawned first, and the clock moves when nothing can run.
//
//	0 to 127     that for 1 to 128 steps
//	128 to 254   another thread goes next: of the others, in order of spawning after
//	             that one and round, number octet − 128, counted round again
//	255          the clock moves, if a timer is pending, else as before
//
// A decision waits until there is something to decide, so that each octet counts.
// Which ready case a Select takes stays with the seed. It keeps decisions and does not
// change them.
func FromBytes(decisions []byte) Strategy { return &tape{all: decisions} }

type tape struct {
	all  []byte
	tape choice.Tape
	stay int // steps that are left to be
}

func (s *tape) Name() string { return TapeName }

// TapeName is the name of the strategy FromBytes. ParseStrategy does not know it: the
// decisions are no part of it.
const TapeName = "bytes"

// Follow implements Follower: steps without alternative count, too.
func (s *tape) Follow() bool { return true }

func (s *tape) Begin(r *RunInfo)        { s.tape, s.stay = choice.NewTape(s.all), 0 }
func (s *tape) Spawn(t, parent *Thread) {}

// MoveClock implements Clocker.
func (s *tape) MoveClock(run []*Thread) bool {
	if s.stay > 0 || s.tape.Peek() != tapeClock {
		return false
	}
	s.tape.Next()
	return true
}

func (s *tape) Pick(run []*Thread, last *Thread) *Thread {
	t := byDefault(run, last)
	if s.stay == 0 && s.tape.Peek() < tapeChange {
		s.stay = int(s.tape.Next()) + 1
	}
	switch {
	case s.stay > 0:
		s.stay--
	case len(run) > 1:
		for range 1 + int(s.tape.Next()-tapeChange)%(len(run)-1) {
			t = after(run, t.id)
		}
	}
	return t
}

// ByteWriter is the strategy that follows a schedule as Replay does and notes what it
// decides in octets. FromBytes of these makes the same run again, if it has the same
// RunConfig otherwise, and but for two things that octets do not say. A decision among
// more than 128 threads may come out as another one. And where the schedule says which
// ready case a Select takes, by a segment of choice.Case, as that of a search does,
// FromBytes leaves it to the seed.
type ByteWriter struct {
	replay
	out  []byte
	stay int // steps without a decision, not yet written
}

// ToBytes returns the ByteWriter that follows a schedule. It keeps s.
func ToBytes(s choice.Schedule) *ByteWriter {
	return &ByteWriter{replay: *Replay(s).(*replay)}
}

// Name implements Strategy.
func (s *ByteWriter) Name() string { return TapeName }

// Follow implements Follower.
func (s *ByteWriter) Follow() bool { return true }

// Begin implements Strategy.
func (s *ByteWriter) Begin(r *RunInfo) {
	s.replay.Begin(r)
	s.out, s.stay = nil, 0
}

// MoveClock implements Clocker.
func (s *ByteWriter) MoveClock(run []*Thread) bool {
	if !s.replay.MoveClock(run) {
		return false
	}
	s.flush()
	s.out = append(s.out, tapeClock)
	return true
}

// Pick implements Strategy.
func (s *ByteWriter) Pick(run []*Thread, last *Thread) *Thread {
	t := s.replay.Pick(run, last)
	u, number := byDefault(run, last), 0
	for ; u != t; number++ {
		u = after(run, u.id)
	}
	if number == 0 {
		s.stay++
		return t
	}
	s.flush()
	s.out = append(s.out, byte(tapeChange+(number-1)%(tapeClock-tapeChange)))
	return t
}

// flush writes the steps without a decision.
func (s *ByteWriter) flush() {
	for s.stay > 0 {
		n := min(s.stay, tapeStay)
		s.out = append(s.out, byte(n-1))
		s.stay -= n
	}
}

// Bytes returns the decisions of the last run, without the steps at its end that need
// none. They belong to the caller.
func (s *ByteWriter) Bytes() []byte { return append([]byte(nil), s.out...) }
