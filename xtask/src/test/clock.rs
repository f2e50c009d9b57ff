//! What each step of a test run takes.

use std::time::{Duration, Instant};

use crate::failure::Failure;

/// The steps so far, each with its time.
pub(super) struct Clock {
    start: Instant,
    steps: Vec<(&'static str, Duration)>,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self {
            start: Instant::now(),
            steps: Vec::new(),
        }
    }

    /// Does the step called `name`, and says how long it took.
    pub(super) fn step<T>(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let begin = Instant::now();
        let outcome = step();
        let time = begin.elapsed();
        println!("   {} for {name}", seconds(time));
        self.steps.push((name, time));
        outcome
    }

    /// The table of all steps, and their total.
    pub(super) fn table(&self) -> String {
        let mut text = String::from("\n");
        for (name, time) in &self.steps {
            text += &format!("{:>9}  {name}\n", seconds(*time));
        }
        text + &format!("{:>9}  total", seconds(self.start.elapsed()))
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
