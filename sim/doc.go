// Package sim is the kernel of the simulator: it runs the threads of a program one
// at a time, decides at each operation on a shared object which of them goes next,
// and says why a run did not end well.
//
// A World is one run at a time. Its threads, locks, channels, timers and contexts
// have the semantics of those of Go, sync, time and context, and are made by the
// World. Before each operation on a shared object stands a choice point, at which a
// Strategy sees, for each thread that can go on, what it will do next: operation,
// object, read or write. A thread whose operation cannot be done is not offered.
// Time is virtual: it moves when no thread can run or, as a decision of its own,
// earlier. All entropy comes from streams of package choice.
//
// A run is a function of build, Scenario and RunConfig. Its decisions are recorded
// as segments (thread, steps) by stable thread names, and Replay follows them, also
// in a program that has changed since. Result.Digest tells two runs apart.
//
// # Usage
//
// A scenario is a function, its properties, and what varies:
//
//	s := &sim.Scenario{Name: "counter", Run: func(w *sim.World) {
//		n := w.NewInt64("n", 0)
//		g := w.NewWaitGroup("adders")
//		for range 2 {
//			g.Go("adder", func() { n.Store(n.Load() + 1) })
//		}
//		g.Wait()
//		if v := n.Load(); v != 2 {
//			w.Fail("SUM", "1 + 1 = %d", v)
//		}
//	}}
//	w := sim.NewWorld(sim.Options{})
//	defer w.Close()
//	for seed := range uint64(1000) {
//		if r := sim.Execute(w, s, sim.RunConfig{Seed: seed}); r.Failure != nil {
//			fmt.Println(r.Failure, r.Schedule)
//			break
//		}
//	}
//
// A program that is to run outside the simulator too is written against an
// interface of its own for threads, locks and clock; World.Env satisfies that of
// package container.
//
// # Strategies
//
// SURW and URW sample rare orders evenly, by what profile runs have counted; POS
// orders each race by a coin of its own; PCT finds bugs of few constraints with a
// known probability; Random, Sticky, Starve and RoundRobin are what they say; Auto
// draws one of these for each run. Feedback learns from the runs before which pairs
// of reads and writes are rare, and steers towards them. A Search visits all
// schedules within a bound.
// Package bench measures them on programs with known bugs.
//
// # Verdicts
//
// A run fails by a property (World.Fail, Scenario.Check), a panic, misuse of an
// object by its owner's rules (RuleError), deadlock, livelock, leaked threads, a goal
// that is not reached (World.Converge), or a step that does not come back; in race
// builds also by a data race between its threads. See Kind. After the verdict the
// threads that are
// left are unwound: their deferred calls run, and each operation on the World
// panics again (see Unwinding). Nothing of that counts.
//
// # Crashes, clocks, progress
//
// Threads may run on a Machine, which has a clock of its own, ahead or behind, fast or
// slow, and can crash: its threads and timers are then out of the run for good, and are
// neither deadlock nor leak. A run may have a second phase, from World.Converge on: the
// scenario has healed what the program needs, the schedule is fair, and a goal must be
// met within so many steps and so much idle time.
//
// # Extension
//
// Strategies outside this package implement Strategy. Objects whose operations
// another package carries out, such as network connections, embed Object and use
// Event and World.Inside. A World inside another scheduler has a Host.
//
// # Data races
//
// Threads run one at a time, but what orders their accesses to memory is the same as
// for goroutines: the operations of the World, each with the happens-before edges of
// its original. In a race build the race detector sees these edges and no others, so
// it reports two accesses that nothing orders in whatever schedule they are made,
// with the lines of both threads; the run fails as Raced, with its seed. An edge that
// the schedule happens to make, as when one thread unlocks a mutex before another
// locks it, counts in that schedule, so other seeds may show what one does not.
// Options.HideRaces turns this off; a World with a Host does not have it.
//
// # Limitations
//
// Everything that threads share must be operated on through the World, or be
// guarded by what is; package sync's locks are safe only if no operation of the
// World happens while one is held, and a thread that waits on a real channel is
// reported by the watchdog. Runs must not share state: a package variable that one
// changes makes the next another run. Memory is sequentially consistent; the orders
// that a weak memory adds are not explored, but a race build reports the data races
// that they need. It does not in a World with a Host, where the hand-over between
// threads counts as synchronisation; nor what a thread does after more than a
// thousand others of its run have ended, if the detector takes it for one of them.
// An operation of Select on several channels is attributed to the first of them. A
// thread must not call runtime.LockOSThread.
package sim
