// Package canary plants bugs and counts which of them a simulator finds: its
// mutation score. A canary is a patch, applied to copies of the sources and built
// by go build -overlay, so that production code holds none of them. It knows
// nothing of what the program does, only that its main is a command line of
// package cli: a user's own registry is tested in the same way.
//
// # The patch
//
// A file NAME.patch begins with lines of the form "Name: value":
//
//	Canary: lost-wake
//	Scenario: wake-coalescing
//	Rule: WAKE-1 WAKE-8
//	Bug: the wake flag is cleared after the callback, and with it a wake that came in during the callback
//	Missed: why the harness does not find it
//
// Canary is the file's name, Scenario where the bug shows, Rule the ids of which
// the failure must carry one (the kernel's word for the sort of failure, as
// deadlock or panic, stands for one without a rule), Bug a sentence. Missed is
// only there if the bug is not found, with the reason; it counts against the
// score, and as a failure once the bug is found after all. A unified diff
// follows, with paths from the module's root, that only changes lines.
//
// To make one, change the sources, and
//
//	git diff >> testdata/canaries/NAME.patch && git checkout .
//
// # The search
//
// Each canary's program is built and runs the scenario, without its corpus, until
// a seed fails. The failure's file is then replayed, and must fail in the same way
// each time.
package canary
