// Package bench measures the strategies of package sim: how many schedules they
// need to find known bugs, and how fast the kernel makes steps.
//
// The programs are those by which schedulers are compared in the literature: the
// CS, Chess, Inspect and RADBench families of SCTBench (Thomson, Donaldson, Betts,
// TOPC 2016), the ConVul programs of PERIOD (ICSE 2022), SafeStack, and those of
// Shuttle's and Coyote's demonstrations, written anew on the primitives of sim. Each
// has a repair, the negative control, that no schedule makes fail. The published
// numbers are the means of SURW (Zhao, Wolff, Mathur, Roychoudhury, ASPLOS 2025) over
// 20 trials with a limit of 10 000 schedules, of programs found in all trials; of
// others the number of trials that found them is told, as 0/20.
//
// # Usage
//
//	p := bench.Programs()[0]
//	s, err := bench.Measure(ctx, &p, bench.Options{Strategy: "surw", Trials: 100})
//	fmt.Println(s.Mean(), s.Margin(), p.Published)
//
// Command is the same for the command line, with a table of all. Its flag -beside
// measures the kernel's speed on the Shapes beside Shuttle and Loom, which the Rust
// project in the directory beside runs; cargo builds it in the user's cache. Speeds
// are per second of processor time, so that a busy machine distorts them least, and
// ratios are taken round by round.
//
// # Limitations
//
// The study's tool preempts at each access to memory that its compiler pass has
// instrumented, ours at each operation on a shared object. Programs have fewer steps
// here, and bugs that depend on many of them, as that of bluetooth_driver, are found
// sooner by all strategies. Ratios between strategies say more than ratios to the
// study: measure the random walk, too. Of libraries and tools only the part that has
// the bug is here: they are found sooner than in the study. Shuttle's asynchronous
// tasks have no like here, and Loom's weak memory has none: only programs of threads
// are compared. Not among the programs are the large ones of PARSEC and SPLASH-2.
package bench
