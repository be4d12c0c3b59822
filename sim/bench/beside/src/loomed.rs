//! The shapes under Loom, which searches all schedules of few threads and knows no
//! random ones: those of two threads.

use crate::{Rate, Shape, Stopwatch};
use loom::sync::{Arc, Mutex};
use loom::thread;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Runs longer and longer searches, until one fills the budget or is complete.
pub fn measure(shape: Shape, budget: Duration) -> Option<Rate> {
    let Shape::Lock { threads: 2, rounds } = shape else {
        return None;
    };
    let mut n = 16;
    loop {
        let rate = search(rounds, n);
        if rate.elapsed.cpu >= budget || rate.schedules < n as u64 {
            return Some(rate);
        }
        let wanted =
            n as f64 * 1.2 * budget.as_secs_f64() / rate.elapsed.cpu.as_secs_f64().max(1e-6);
        n = (wanted as usize).clamp(n + 1, 50 * n);
    }
}

/// Visits at most n schedules.
fn search(rounds: usize, n: usize) -> Rate {
    let schedules = std::sync::Arc::new(AtomicU64::new(0));
    let mut model = loom::model::Builder::new();
    model.max_branches = 100_000;
    model.max_permutations = Some(n);
    model.checkpoint_interval = n; // it looks at its bounds so often
    let counter = std::sync::Arc::clone(&schedules);
    let watch = Stopwatch::start();
    model.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        let n = Arc::new(Mutex::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let n = Arc::clone(&n);
                thread::spawn(move || {
                    for _ in 0..rounds {
                        *n.lock().unwrap() += 1;
                    }
                })
            })
            .collect();
        for t in threads {
            t.join().unwrap();
        }
        assert_eq!(*n.lock().unwrap(), 2 * rounds);
    });
    let elapsed = watch.elapsed();
    Rate {
        schedules: schedules.load(Ordering::Relaxed),
        steps: None,
        elapsed,
    }
}
