// Package cli is the command line of a simulator: simrun over anybody's own
// scenarios.
//
// # Usage
//
//	//go:embed testdata/corpus
//	var corpus embed.FS
//
//	func main() {
//		os.Exit(cli.Main(cli.Config{Scenarios: mine.All(), Corpus: corpus}))
//	}
//
// # Commands
//
// list, run, replay, shrink, explain, view, explore, verify and version, selftest if
// Config.Selftest says where bugs are planted, and those of Config.Commands. -h tells
// the flags of a command, with an example. Every flag has a
// twin in the environment, SIMRUN_NAME for -name with '-' as '_'; the command line
// wins, twins of other commands' flags do no harm, and one of no flag at all is told
// of. A flag that would mean nothing is refused.
//
// # Signals
//
// SIGINT and SIGTERM end a command in order: what is done is reported, and the line
// that goes on. SIGQUIT names the runs that are at work, then shows the goroutines.
//
// # Exit codes
//
// 0 passed; 1 a property failed; 2 usage, bad input, or nothing selected; 3 no
// progress (deadlock, livelock, leak, stuck); 4 harness nondeterminism; 5 a panic
// in the harness; 130 interrupted before a failure was found.
//
// Human output goes to stderr while a command runs, and its verdict to stdout.
// With -json, stdout has one object a line instead, the last one of type
// "summary". Its "failures" counts runs, and "distinct" the ways to fail, each of one
// scenario: failures that have the same "key" are one way.
package cli
