// Package conformance judges AMQP 1.0 implementations by the wire, case by case,
// against the clauses of the OASIS text.
//
// # Usage
//
//	r, err := conformance.NewRunner(ctx, conformance.TCP("localhost:5672"), conformance.Options{})
//	cases, err := conformance.Selection{Names: []string{"2.4.1"}}.Choose(conformance.Cases())
//	err = r.Run(ctx, cases, func(res conformance.Result) {
//		fmt.Println(res.Verdict, res.Case.ID, res.Verdict.Reason)
//	})
//
// On the command line this is 'simrun conform server localhost:5672 2.4.1'
// (package conformance/command). NewRunner first discovers a Profile: with or
// without SASL, and what the target's open says. A case whose Need the profile
// does not meet is SKIPPED with the need named.
//
// # Verdicts
//
// OK, INFO (the text leaves it open; the variant is named), NON-STRICT,
// UNIMPLEMENTED, SKIPPED, INCONCLUSIVE, FAILED, HANG, CRASH. The level of a rule
// bounds its verdicts: a SHOULD is at worst NON-STRICT, a MAY at worst INFO. How
// the connection ended is told apart from that, as Result.Closing.
//
// A false accusation is worse than a bug that is missed:
//
//   - An accusation (FAILED, HANG, CRASH) is made only if the case, run again
//     alone, says the same; else the verdict is INCONCLUSIVE, flaky.
//   - Error expectations are sets. The condition that the text names is OK,
//     another one NON-STRICT, and so is a socket that is closed without a close
//     frame: a dropped connection never fulfils an expectation by itself.
//   - Where the text says what the receiver has to do, or where the stream cannot
//     be followed any more, doing nothing is FAILED. Where it only forbids what
//     the script sends, a target that tolerates it is NON-STRICT, and INFO where
//     the catalogue of rules calls the text silent.
//   - A connection that is neither refused nor usable is FAILED in any case.
//   - After each case a new connection must be opened and closed, else the case
//     has ended in HANG or CRASH. If the target comes back (a supervisor), the
//     run goes on; if not, the remaining cases are INCONCLUSIVE.
//
// Scripts do not wait for silence. They send something whose answer is ordered
// behind the reaction, a fence (package conformance/peer), and judge what came
// before its answer.
//
// # Adding cases
//
// One file holds one clause. A rule is declared once, with its id from the
// catalogue, its level and its text in own words; its cases are scripts:
//
//	rule("2.4.1-open-6", Derived,
//		"A connection is opened once.",
//		Case{
//			Role: Server, Title: "a second open is refused",
//			Run: func(r *Run) Verdict {
//				p := r.Opened(nil)
//				p.SendPerformative(0, "open", peer.OpenFields(nil))
//				return refusedBeforeFence(p, reaction{tolerated: Info})
//			},
//		})
//
// A Case with Watch also judges all connections of all other cases: that is how
// rules about everything the target sends are checked. Each case needs a wrong
// server that it catches: a bug in internal/reference and a row in the table of
// mutants; a test refuses a case without one.
//
// # Limitations
//
// The target is a server: cases for clients, links and messages are not in the
// catalogue of this package. Cases run one after the other. Time-outs are real
// time, so a target that answers later than Options.Timeout is accused. There is
// no TLS.
package conformance
