//! The shapes under Shuttle.

use crate::{Elapsed, Rate, Shape, Stopwatch};
use shuttle::scheduler::{
    PctScheduler, RandomScheduler, Schedule, Scheduler, Task, TaskId, UrwRandomScheduler,
};
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::sync::{Arc, Barrier, Condvar, Mutex};
use shuttle::{thread, Config, Runner};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

const SEED: u64 = 0x12345678;

/// Runs more and more schedules, until they fill the budget.
pub fn measure(strategy: &str, shape: Shape, budget: Duration) -> Option<Rate> {
    let mut n = 1;
    loop {
        let elapsed = timed(strategy, shape, n)?;
        if elapsed.cpu >= budget {
            return Some(Rate {
                schedules: n as u64,
                steps: Some(counted(strategy, shape, n)?),
                elapsed,
            });
        }
        let wanted = n as f64 * 1.2 * budget.as_secs_f64() / elapsed.cpu.as_secs_f64().max(1e-6);
        n = (wanted as usize).clamp(n + 1, 50 * n);
    }
}

fn timed(strategy: &str, shape: Shape, n: usize) -> Option<Elapsed> {
    let watch = Stopwatch::start();
    match strategy.split_once(':') {
        None if strategy == "random" => run(RandomScheduler::new_from_seed(SEED, n), shape),
        None if strategy == "urw" => run(UrwRandomScheduler::new_from_seed(SEED, n), shape),
        Some(("pct", depth)) => run(
            PctScheduler::new_from_seed(SEED, depth.parse().ok()?, n),
            shape,
        ),
        _ => return None,
    }
    Some(watch.elapsed())
}

fn counted(strategy: &str, shape: Shape, n: usize) -> Option<u64> {
    let asked = Rc::new(Cell::new(0));
    let count = |inner| Counter {
        inner,
        asked: Rc::clone(&asked),
    };
    match strategy.split_once(':') {
        None if strategy == "random" => run(
            count(Box::new(RandomScheduler::new_from_seed(SEED, n))),
            shape,
        ),
        None if strategy == "urw" => run(
            count(Box::new(UrwRandomScheduler::new_from_seed(SEED, n))),
            shape,
        ),
        Some(("pct", depth)) => run(
            count(Box::new(PctScheduler::new_from_seed(
                SEED,
                depth.parse().ok()?,
                n,
            ))),
            shape,
        ),
        _ => return None,
    }
    Some(asked.get())
}

/// A scheduler that counts how often it is asked.
struct Counter {
    inner: Box<dyn Scheduler + Send>,
    asked: Rc<Cell<u64>>,
}

impl Scheduler for Counter {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.inner.new_execution()
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        yielding: bool,
    ) -> Option<TaskId> {
        self.asked.set(self.asked.get() + 1);
        self.inner.next_task(runnable, current, yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.inner.next_u64()
    }
}

fn run(scheduler: impl Scheduler + 'static, shape: Shape) {
    let runner = Runner::new(scheduler, Config::default());
    match shape {
        Shape::Lock { threads, rounds } => runner.run(move || lock(threads, rounds)),
        Shape::Blocked { threads, rounds } => runner.run(move || blocked(threads, rounds)),
        Shape::Counter { threads, rounds } => runner.run(move || counter(threads, rounds)),
        Shape::Buffer => runner.run(buffer),
    };
}

fn all(threads: usize, body: impl Fn() + Clone + Send + 'static) {
    let threads: Vec<_> = (0..threads).map(|_| thread::spawn(body.clone())).collect();
    for t in threads {
        t.join().unwrap();
    }
}

fn lock(threads: usize, rounds: usize) {
    let n = Arc::new(Mutex::new(0));
    let shared = Arc::clone(&n);
    all(threads, move || {
        for _ in 0..rounds {
            *shared.lock().unwrap() += 1;
        }
    });
    assert_eq!(*n.lock().unwrap(), threads * rounds);
}

fn counter(threads: usize, rounds: usize) {
    let n = Arc::new(AtomicUsize::new(0));
    all(threads, move || {
        for _ in 0..rounds {
            n.fetch_add(1, Ordering::SeqCst);
        }
    });
}

fn blocked(threads: usize, rounds: usize) {
    let gate = Arc::new(Barrier::new(threads + 1));
    let started = Arc::new((Mutex::new(0), Condvar::new()));
    let blocked: Vec<_> = (0..threads)
        .map(|_| {
            let (gate, started) = (Arc::clone(&gate), Arc::clone(&started));
            thread::spawn(move || {
                *started.0.lock().unwrap() += 1;
                started.1.notify_one();
                gate.wait();
            })
        })
        .collect();
    let mut n = started.0.lock().unwrap();
    while *n < threads {
        n = started.1.wait(n).unwrap();
    }
    drop(n);
    lock(2, rounds);
    gate.wait();
    for t in blocked {
        t.join().unwrap();
    }
}

/// Three producers and three consumers of nine elements each, and room for three.
/// The count is no object of Shuttle's: the mutex guards it.
fn buffer() {
    const SIDE: usize = 3;
    const EACH: usize = 9;
    const ROOM: usize = 3;
    let count = Arc::new(Mutex::new(0));
    let space = Arc::new(Condvar::new());
    let elements = Arc::new(Condvar::new());
    let side =
        |change: fn(usize) -> usize, full: usize, wait: &Arc<Condvar>, notify: &Arc<Condvar>| {
            let (count, wait, notify) = (Arc::clone(&count), Arc::clone(wait), Arc::clone(notify));
            thread::spawn(move || {
                for _ in 0..EACH {
                    let mut n = count.lock().unwrap();
                    while *n == full {
                        n = wait.wait(n).unwrap();
                    }
                    *n = change(*n);
                    notify.notify_one();
                }
            })
        };
    let mut threads: Vec<_> = (0..SIDE)
        .map(|_| side(|n| n - 1, 0, &elements, &space))
        .collect();
    threads.extend((0..SIDE).map(|_| side(|n| n + 1, ROOM, &space, &elements)));
    for t in threads {
        t.join().unwrap();
    }
}
