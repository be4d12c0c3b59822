// Package choice is the only entropy of a simulated run.
//
// A run's random data come from Streams, one for each purpose and entity, all
// derived from the run's seed. A draw from one stream never shifts another, so
// that removing a fault or a piece of work during shrinking leaves the rest of
// the run as it was. The decisions of the scheduler are a Schedule: segments
// (thread, steps) named by stable thread identity, which outlive edits of the
// program that an index or a seed would not survive. A fuzzer writes a Tape instead,
// from which a strategy reads its choices.
//
// # Usage
//
//	s := choice.New(seed, "latency", choice.Hash("host-a"))
//	d := s.Duration(time.Millisecond, time.Second)
//	if s.Bool(0.1) { … }
//	r := rand.New(&s) // math/rand/v2
//
// # Limitations
//
// The numbers are for tests: they are no secrets. The algorithms are fixed: a
// release that changed a single draw would void every stored seed.
package choice
