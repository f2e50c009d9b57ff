//! The population: every direction is its own scalar (docs/theory.md, section 2).

use heterosgd::sampling::{Purpose, stream};
use heterosgd::theory::population_step;
use heterosgd::{Scalar as _, Schedule};

use super::{Ending, Method, Parts, Setting};
use crate::error::Result;

/// The squared factor entries of all directions: their parts of the estimate. The directions of a kind
/// that are alike are one entry.
#[derive(Debug, Clone)]
struct Diagonal {
    /// One entry for all invariant directions.
    invariant: f64,
    spurious: Vec<f64>,
    /// One entry for all null directions.
    null: f64,
}

pub(super) fn run(setting: &Setting, seed: u64) -> Result<Ending> {
    let pulls = setting.pulls(seed)?;
    let schedule = Schedule::Uniform {
        environments: setting.environments,
    };
    let eta = setting.step_size;
    let mut a = setting.init_scale;
    let mut c = setting.init_scale;
    let mut b = vec![setting.init_scale; setting.spurious];
    let means = vec![setting.mu; setting.spurious];
    let mut sums = Diagonal {
        invariant: 0.0,
        spurious: vec![0.0; setting.spurious],
        null: 0.0,
    };
    let half = setting.steps / 2;
    let mut diverged_at = None;
    for step in 0..setting.steps {
        let pulls = match setting.method {
            Method::Pooled => &means,
            Method::Hetero => {
                let mut environments = stream(seed, Purpose::Environments, step);
                let environment = schedule.environment(step, &mut environments);
                pulls.get(environment as usize).unwrap_or(&means)
            }
        };
        let next_a = population_step(a, eta, setting.sigma);
        let next_c = population_step(c, eta, 0.0);
        let moved = b
            .iter()
            .zip(pulls)
            .map(|(&b, &s)| population_step(b, eta, s));
        let in_range = |x: f64| x.within(f64::MAX_FACTOR);
        if !(in_range(next_a) && in_range(next_c) && moved.clone().all(in_range)) {
            diverged_at = Some(step);
            break;
        }
        let moved: Vec<f64> = moved.collect();
        (a, c) = (next_a, next_c);
        b.copy_from_slice(&moved);
        if step >= half {
            sums.invariant += a * a;
            sums.null += c * c;
            for (sum, b) in sums.spurious.iter_mut().zip(&b) {
                *sum += b * b;
            }
        }
    }
    let last = Diagonal {
        invariant: a * a,
        spurious: b.iter().map(|b| b * b).collect(),
        null: c * c,
    };
    let averaged = diverged_at.unwrap_or(setting.steps).saturating_sub(half);
    let tail = if averaged == 0 {
        last.clone()
    } else {
        let n = averaged as f64;
        sums.invariant /= n;
        sums.null /= n;
        sums.spurious.iter_mut().for_each(|b| *b /= n);
        sums
    };
    Ok(Ending {
        last: last.parts(setting, usize::MAX),
        tail_cut: tail.parts(setting, setting.rank),
        tail: tail.parts(setting, usize::MAX),
        diverged_at,
    })
}

/// The growth rate of ln |b| near zero over these pulls, one step each, by the recursion itself: b is
/// kept so small, by rescaling, that its square is lost to rounding.
pub(crate) fn growth_rate(step_size: f64, pulls: impl Iterator<Item = f64>) -> f64 {
    const START: f64 = 1e-100;
    let (mut b, mut log, mut steps) = (START, 0.0, 0u64);
    for pull in pulls {
        b = population_step(b, step_size, pull);
        steps += 1;
        if !(1e-150..1e-50).contains(&b.abs()) {
            log += libm::log(b.abs() / START);
            b = START;
        }
    }
    (log + libm::log(b.abs() / START)) / steps.max(1) as f64
}

impl Diagonal {
    /// The parts of the estimate cut back to its `leading` largest entries.
    fn parts(&self, setting: &Setting, leading: usize) -> Parts {
        let nulls = setting.dim - setting.rank - setting.spurious;
        let mut entries: Vec<f64> = vec![self.invariant; setting.rank];
        entries.extend(&self.spurious);
        entries.extend(std::iter::repeat_n(self.null, nulls));
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by(|&i, &j| entries[j].total_cmp(&entries[i]));
        for &cut in order.iter().skip(leading) {
            entries[cut] = 0.0;
        }
        let (invariant, rest) = entries.split_at(setting.rank);
        let (spurious, null) = rest.split_at(setting.spurious);
        let norm = |entries: &[f64], target: f64| -> f64 {
            entries.iter().map(|x| (x - target) * (x - target)).sum()
        };
        let nothing = norm(null, 0.0);
        let off = norm(invariant, setting.sigma) + nothing;
        Parts {
            invariant: libm::sqrt(norm(invariant, 0.0)),
            spurious: libm::sqrt(norm(spurious, 0.0)),
            null: libm::sqrt(nothing),
            error: libm::sqrt(off + norm(spurious, 0.0)),
            pooled_error: libm::sqrt(off + norm(spurious, setting.mu.max(0.0))),
        }
    }
}
