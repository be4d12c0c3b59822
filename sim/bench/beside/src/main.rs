//! Runs the shapes of package bench under Shuttle and Loom, and says how fast.
//!
//!     beside SECONDS                          every shape, tool and strategy
//!     beside SECONDS TOOL STRATEGY SHAPE      one
//!
//! prints an object a line. SECONDS is processor time, which other programs on the
//! machine change least. Both tools get what is best for them: a release build,
//! their default configuration, one runner for as many schedules as fit into the
//! time, so that starting it costs nothing. Shuttle's steps are the decisions that
//! its scheduler is asked for; they are counted in a second pass over the same
//! seeds, so that counting costs nothing either.

mod loomed;
mod shuttled;

use std::time::{Duration, Instant};

/// What came of a measurement.
pub struct Rate {
    pub schedules: u64,
    /// None if the tool does not say.
    pub steps: Option<u64>,
    pub elapsed: Elapsed,
}

/// Time that passed, on the wall and on the processors.
#[derive(Clone, Copy)]
pub struct Elapsed {
    pub wall: Duration,
    pub cpu: Duration,
}

/// A clock that runs since it was made.
pub struct Stopwatch {
    wall: Instant,
    cpu: Duration,
}

impl Stopwatch {
    pub fn start() -> Self {
        Stopwatch {
            wall: Instant::now(),
            cpu: cpu_time(),
        }
    }

    pub fn elapsed(&self) -> Elapsed {
        Elapsed {
            wall: self.wall.elapsed(),
            cpu: cpu_time() - self.cpu,
        }
    }
}

/// The user and system time of the process so far.
fn cpu_time() -> Duration {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: t is valid for writes.
    let code = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    assert_eq!(code, 0, "the system has no clock of the process");
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}

/// The program that a shape names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Threads that lock, increment and unlock a number of times each.
    Lock { threads: usize, rounds: usize },
    /// The same by two threads, beside others that wait until main lets them go.
    Blocked { threads: usize, rounds: usize },
    /// Threads that increment an atomic number.
    Counter { threads: usize, rounds: usize },
    /// A bounded buffer.
    Buffer,
}

impl Shape {
    /// Reads a name of package bench, None if there is no such shape here.
    fn parse(name: &str) -> Option<Shape> {
        let mut parts = name.split('/');
        let kind = parts.next()?;
        let sizes = parts
            .map(|p| p.parse().ok())
            .collect::<Option<Vec<usize>>>()?;
        Some(match (kind, sizes.as_slice()) {
            ("small", []) => Shape::Lock {
                threads: 2,
                rounds: 5,
            },
            ("pair", []) => Shape::Lock {
                threads: 2,
                rounds: 100,
            },
            ("buffer", []) => Shape::Buffer,
            ("lock", &[threads]) => Shape::Lock {
                threads,
                rounds: 10_000 / threads,
            },
            ("scale", &[threads, events]) => Shape::Lock {
                threads,
                rounds: events / threads,
            },
            ("counter", &[threads]) => Shape::Counter {
                threads,
                rounds: 10_000 / threads,
            },
            ("create", &[threads]) => Shape::Counter { threads, rounds: 1 },
            ("blocked", &[threads]) => Shape::Blocked {
                threads,
                rounds: 100_000,
            },
            _ => return None,
        })
    }
}

/// What is run without arguments.
const NAMES: [&str; 9] = [
    "small",
    "pair",
    "lock/5",
    "lock/100",
    "counter/5",
    "counter/100",
    "create/5",
    "create/100",
    "buffer",
];

fn measure(tool: &str, strategy: &str, name: &str, budget: Duration) -> Option<Rate> {
    let shape = Shape::parse(name)?;
    match tool {
        "shuttle" => shuttled::measure(strategy, shape, budget),
        "loom" if strategy == "exhaustive" => loomed::measure(shape, budget),
        _ => None,
    }
}

fn print(tool: &str, strategy: &str, name: &str, rate: &Rate) {
    let steps = rate.steps.map_or("null".to_string(), |n| n.to_string());
    println!(
        r#"{{"tool":"{tool}","shape":"{name}","strategy":"{strategy}","schedules":{},"steps":{steps},"seconds":{:.6},"cpu_seconds":{:.6}}}"#,
        rate.schedules,
        rate.elapsed.wall.as_secs_f64(),
        rate.elapsed.cpu.as_secs_f64(),
    );
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let budget = words
        .first()
        .and_then(|s| s.parse().ok())
        .filter(|s| *s > 0.0 && *s < 3600.0);
    match (budget.map(Duration::from_secs_f64), words.get(1..)) {
        (Some(budget), Some([])) => {
            for name in NAMES {
                for (tool, strategy) in [
                    ("shuttle", "random"),
                    ("shuttle", "pct:2"),
                    ("loom", "exhaustive"),
                ] {
                    if let Some(rate) = measure(tool, strategy, name, budget) {
                        print(tool, strategy, name, &rate);
                    }
                }
            }
        }
        (Some(budget), Some([tool, strategy, name])) => match measure(tool, strategy, name, budget)
        {
            Some(rate) => print(tool, strategy, name, &rate),
            None => usage(&format!("{tool} with {strategy} does not do {name}")),
        },
        _ => usage("usage: beside SECONDS [TOOL STRATEGY SHAPE]"),
    }
}

fn usage(text: &str) {
    eprintln!("beside: {text}");
    std::process::exit(2);
}
