//! Digests of samplers, schedules, decompositions and formulas.

use heterosgd::digest::Digest;
use heterosgd::sampling::{
    Ensemble, Gaussian, GaussianRankOne, Purpose, Rademacher, Xoshiro128PlusPlus, below,
    orthonormal, stream,
};
use heterosgd::theory::{self, Pulls};
use heterosgd::{IsotropicRankOne, Reference, Scalar, Schedule, Symmetric, TailAverage};
use rand_core::Rng as _;

use super::Line;

pub(super) fn add(lines: &mut Vec<Line>) {
    streams(lines);
    schedules(lines);
    of_scalar::<f32>("f32", lines);
    of_scalar::<f64>("f64", lines);
}

fn push(lines: &mut Vec<Line>, name: String, write: impl FnOnce(&mut Digest)) {
    let mut digest = Digest::new();
    write(&mut digest);
    lines.push(Line {
        name,
        digest: digest.finish(),
    });
}

/// Whole numbers go into a digest as `f64`, which holds every `u32` exactly.
fn write_u32(digest: &mut Digest, word: u32) {
    digest.write_scalar(f64::from(word));
}

fn streams(lines: &mut Vec<Line>) {
    let purposes = [
        Purpose::Factor,
        Purpose::Measurements,
        Purpose::Environments,
        Purpose::Signals,
        Purpose::Order,
    ];
    for purpose in purposes {
        push(lines, format!("stream {purpose:?}"), |digest| {
            for seed in [0, 1, u64::MAX] {
                for index in [0, 1, 1 << 32, u64::MAX] {
                    let mut rng = stream(seed, purpose, index);
                    (0..100).for_each(|_| write_u32(digest, rng.next_u32()));
                }
            }
        });
    }
    push(lines, "below".to_owned(), |digest| {
        let mut rng = stream(0, Purpose::Order, 0);
        for bound in [1, 2, 3, 10, 1000, u32::MAX] {
            (0..100).for_each(|_| write_u32(digest, below(&mut rng, bound)));
        }
    });
}

fn schedules(lines: &mut Vec<Line>) {
    let schedules = [
        Schedule::Uniform { environments: 7 },
        Schedule::Weighted {
            weights: &[1, 0, 5, 2],
        },
        Schedule::Cyclic { environments: 3 },
        Schedule::Blocks {
            environments: 3,
            length: 4,
        },
        Schedule::AsRecorded {
            labels: &[2, 0, 0, 1],
        },
    ];
    for schedule in schedules {
        push(lines, format!("schedule {schedule:?}"), |digest| {
            let mut rng = stream(0, Purpose::Environments, 0);
            for draw in 0..1000 {
                write_u32(digest, schedule.environment(draw, &mut rng));
            }
        });
    }
}

fn of_scalar<T: Scalar>(scalar: &str, lines: &mut Vec<Line>) {
    let rng = || stream(0, Purpose::Measurements, 0);
    push(lines, format!("{scalar} normals"), |digest| {
        let mut rng = rng();
        (0..100_000).for_each(|_| digest.write_scalar(T::standard_normal(&mut rng)));
    });
    push(lines, format!("{scalar} Gaussian d=8"), |digest| {
        dense::<T, Gaussian>(&mut rng(), digest);
    });
    push(lines, format!("{scalar} Rademacher d=8"), |digest| {
        dense::<T, Rademacher>(&mut rng(), digest);
    });
    push(lines, format!("{scalar} GaussianRankOne d=8"), |digest| {
        let mut rng = rng();
        for _ in 0..100 {
            let x: IsotropicRankOne<T, 8> = GaussianRankOne::draw(&mut rng);
            write(digest, &x.0);
        }
    });
    push(lines, format!("{scalar} orthonormal"), |digest| {
        let mut rng = rng();
        write(digest, orthonormal::<T, _, 1, 1>(&mut rng).as_flattened());
        write(digest, orthonormal::<T, _, 8, 2>(&mut rng).as_flattened());
        write(digest, orthonormal::<T, _, 16, 16>(&mut rng).as_flattened());
    });
    push(lines, format!("{scalar} eigen d=16"), |digest| {
        let x: Symmetric<T, 16> = Gaussian::draw(&mut rng());
        let eigen = x.eigen();
        write(digest, &eigen.values);
        write(digest, eigen.vectors.as_flattened());
        write(digest, x.leading(3).as_slice());
    });
    push(lines, format!("{scalar} theory"), |digest| {
        let [eta, mu, m] = [0.1, 1.0, 6.0].map(T::from_f64);
        let pulls = [mu + m, mu - m];
        digest.write_scalar(theory::lyapunov(eta, pulls));
        digest.write_scalar(theory::signed_lyapunov(eta, pulls));
        let formulas = [
            theory::critical_heterogeneity(mu, eta),
            theory::critical_step_size(mu, m),
        ];
        for value in formulas {
            digest.write_scalar(value.expect("inside the assumptions"));
        }
        digest.write_scalar(theory::population_step(eta, eta, m));
    });
    push(lines, format!("{scalar} theory, small rates"), |digest| {
        small_rates::<T>(digest);
    });
    push(lines, format!("{scalar} theory, distributions"), |digest| {
        distributions::<T>(digest);
    });
    push(lines, format!("{scalar} metrics d=11"), |digest| {
        metrics::<T>(&mut rng(), digest);
    });
    push(lines, format!("{scalar} tail average d=11"), |digest| {
        tail_average::<T>(&mut rng(), digest);
    });
}

/// Both branches of a logarithm's argument, and rates from the largest allowed down to the smallest.
fn small_rates<T: Scalar>(digest: &mut Digest) {
    for rate in [0.5, 0.1, 1e-3, 3e-6, 1e-7].map(T::from_f64) {
        for pull in [1.0, -0.99, 7.0, -30.0, -3e7].map(T::from_f64) {
            digest.write_scalar(theory::lyapunov(rate, [pull, T::ONE]));
        }
        for scale in [0.7, 1e-3, 1e-9].map(T::from_f64) {
            let steps = theory::signal_steps(T::ONE, rate, scale).expect("inside the assumptions");
            write_u32(digest, (steps >> 32) as u32);
            write_u32(digest, steps as u32);
        }
    }
}

/// Every root and bound of a distribution of pulls, with odds and without.
fn distributions<T: Scalar>(digest: &mut Digest) {
    let values = [7.0, 1.0, -5.0].map(T::from_f64);
    let weights = [1.0, 0.5, 1.0].map(T::from_f64);
    let [eta, alpha, chance] = [0.1, 1e-4, 0.25].map(T::from_f64);
    for pulls in [Pulls::equal(&values), Pulls::weighted(&values, &weights)] {
        let pulls = pulls.expect("pulls");
        for value in [
            pulls.critical_step_size(),
            pulls.critical_heterogeneity(T::ONE, eta),
            pulls.adjustment_coefficient(eta),
            pulls.kesten_index(eta, T::ONE),
            pulls.fixed_time_chance(eta, -T::ONE, 100),
            pulls.supremum_bound(eta, alpha, chance),
        ] {
            digest.write_scalar(value.expect("inside the assumptions"));
        }
    }
}

/// All five parts, with more than one direction on either side.
fn metrics<T: Scalar>(rng: &mut Xoshiro128PlusPlus, digest: &mut Digest) {
    let columns: [[T; 11]; 5] = orthonormal(rng);
    let (invariant, spurious) = columns.split_at(2);
    for _ in 0..20 {
        let [estimate, truth, pooled_truth]: [Symmetric<T, 11>; 3] =
            core::array::from_fn(|_| Gaussian::draw(rng));
        let parts = Reference {
            invariant,
            spurious,
            truth: &truth,
            pooled_truth: &pooled_truth,
        }
        .metrics(&estimate);
        digest.write_scalar(parts.invariant);
        digest.write_scalar(parts.spurious);
        digest.write_scalar(parts.null);
        digest.write_scalar(parts.error);
        digest.write_scalar(parts.pooled_error);
    }
}

/// The mean after each estimate, and its cut to the leading eigenvectors.
fn tail_average<T: Scalar>(rng: &mut Xoshiro128PlusPlus, digest: &mut Digest) {
    let mut average = TailAverage::<Symmetric<T, 11>, T>::from_step(50);
    for step in 1..=100 {
        average.record(step, &Gaussian::draw(rng));
        if let Some(mean) = average.mean() {
            write(digest, mean.as_slice());
        }
    }
    let mean = average.mean().expect("51 estimates");
    write(digest, mean.leading(2).as_slice());
}

fn dense<T: Scalar, S: Ensemble<Symmetric<T, 8>>>(
    rng: &mut Xoshiro128PlusPlus,
    digest: &mut Digest,
) {
    for _ in 0..100 {
        write(digest, S::draw(rng).as_slice());
    }
}

fn write<T: Scalar>(digest: &mut Digest, values: &[T]) {
    for &value in values {
        digest.write_scalar(value);
    }
}
