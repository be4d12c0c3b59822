// Package simtest explores simulated worlds in plain go test.
//
// # Usage
//
//	func TestCounter(t *testing.T) {
//		simtest.Check(t, func(w *sim.World) {
//			…
//			if n != 2 {
//				w.Fail("COUNT-1", "the counter is %d", n)
//			}
//		})
//	}
//
// or, with parameters, properties and a check of the history,
//
//	func TestLinkCredit(t *testing.T) { simtest.Run(t, scenarios.LinkCredit) }
//
// A test replays its stored failures first, testdata/sim/TestName/*.sim.json,
// then runs 300 fixed seeds, 30 with -short, and stops when four fifths of the
// time to the test's deadline are used up. A failure says what does not hold,
// under which rule, at which source lines, writes a failure file and prints the
// line that repeats it:
//
//	SIM_REPLAY=/…/TestCounter-7.sim.json go test -run '^TestCounter$' example.org/counter
//
// # One property, four drivers
//
// The same scenario is explored over seeds, over what rapid draws, and over what the
// fuzzer of go test writes:
//
//	var transfer = &sim.Scenario{Name: "transfer", Params: …, Run: …}
//
//	func TestTransfer(t *testing.T)  { simtest.Run(t, transfer) }
//	func FuzzTransfer(f *testing.F)  { simtest.Fuzz(f, transfer) }
//
//	func property(t *rapid.T)             { simtest.Rapid(t, transfer) }
//	func TestTransferRapid(t *testing.T)  { rapid.Check(t, property) }
//	func FuzzRapidTransfer(f *testing.F)  { f.Fuzz(rapid.MakeFuzz(property)) }
//
// Run gives the most runs a second and the strategies of package sim, and is the one
// to begin with. Rapid is for a workload that rapid's generators draw: it shrinks the
// workload. Fuzz is for bugs behind conditions that chance does not meet, since go
// test -fuzz keeps what reaches new code: it decides parameters and schedule. A fuzz
// target of rapid decides parameters and one seed, of which the schedule follows.
// example_test.go has the whole of this. All of them work with -race.
//
// Rapid draws the parameters and one seed before the World runs. Whatever else a
// property draws it must draw before, too: a rapid.T must not be used inside a
// simulated thread.
//
// # Environment
//
//	SIM_SEED      first seed
//	SIM_RUNS      number of runs
//	SIM_STRATEGY  auto, surw, pos, urw, pct:D, random, sticky:N, starve, rr:N, dfs:P[:F], delay:D[:F],
//	              feedback
//	SIM_REPLAY    repeat the run of this failure file, and nothing else; tests that
//	              it is not from are skipped
//	SIM_VIEW      repeat the run of this failure file and draw it as an HTML page,
//	              beside it or in SIM_OUT; the page says what makes the run fail
//	SIM_SHRINK    look for a smaller run that fails as this failure file says, and
//	              write it beside the file, as NAME.min.sim.json
//	SIM_EXPLAIN   show the smallest such run, and what decides it
//	SIM_OUT       directory for failure files, histories and traces, instead of
//	              testdata; with go test -artifacts it is the test's ArtifactDir
//	              if nothing else is said
//
// Variables are used rather than flags because go test ./... -flag fails in every
// package that does not know the flag. What a test that passes has to say, such as
// how a replay went that does not fail any more, go test shows with -v only.
//
// # Limitations
//
// The body runs in many Worlds at once: what it captures from the test must be
// constant. t.FailNow and its like must not be called in a World; World.Fail ends
// the run.
package simtest
