//! Random numbers, ensembles and schedules.

use core::hint::black_box;

use heterosgd::sampling::{
    Ensemble, Gaussian, GaussianFeatures, GaussianRankOne, NORMAL_OCTAVES, Normals, Purpose,
    Rademacher, Xoshiro128PlusPlus, below, fill_orthonormal, orthonormal, stream,
};
use heterosgd::stored::Portable;
use heterosgd::{Features, IsotropicRankOne, RankOne, Scalar, Schedule, Symmetric};

use super::tally::Tally;

/// A measurement and a response; out of line, so that all parts share it.
#[inline(never)]
pub(super) fn drawn<T: Scalar, X, S: Ensemble<X>>(draws: &mut Xoshiro128PlusPlus) -> (X, T) {
    (S::draw_with(&Portable, draws), T::standard_normal(draws))
}

/// Orthonormal columns.
#[inline(never)]
pub(super) fn directions<T: Scalar>(draws: &mut Xoshiro128PlusPlus) -> [[T; 5]; 3] {
    orthonormal(draws)
}

#[inline(never)]
pub(super) fn sampling<T: Scalar>(tally: &mut Tally) {
    let mut draws = stream(black_box(2), Purpose::Measurements, 0);
    for _ in 0..4 {
        ensembles::<T>(&mut draws, tally);
    }
    let mut normals = [T::ZERO; 3];
    Portable.fill(&mut draws, black_box(normals.as_mut_slice()));
    tally.scalars(&normals);
    for [lowest, ..] in black_box(NORMAL_OCTAVES) {
        tally.scalar(T::from_f64(f64::from(lowest)));
    }
    tally.scalars(directions::<T>(&mut draws).as_flattened());
    let mut columns = [[T::ZERO; 5]; 4];
    for dim in black_box([0, 3, 5, usize::MAX]) {
        fill_orthonormal(&mut draws, black_box(columns.as_mut_slice()), dim);
        tally.scalars(columns.as_flattened());
    }
}

#[inline(never)]
fn ensembles<T: Scalar>(draws: &mut Xoshiro128PlusPlus, tally: &mut Tally) {
    // More entries than a word has bits.
    let (dense, y) = drawn::<T, Symmetric<T, 9>, Gaussian>(draws);
    tally.scalars(dense.as_slice());
    let (signs, _) = drawn::<T, Symmetric<T, 9>, Rademacher>(draws);
    tally.scalars(signs.as_slice());
    let (RankOne(x), _) = drawn::<T, RankOne<T, 5>, GaussianRankOne>(draws);
    tally.scalars(&x);
    let (IsotropicRankOne(x), _) = drawn::<T, IsotropicRankOne<T, 5>, GaussianRankOne>(draws);
    tally.scalars(&x);
    let (Features(x), _) = drawn::<T, Features<T, 9>, GaussianFeatures>(draws);
    tally.scalars(&x);
    tally.scalar(y);
}

#[inline(never)]
pub(super) fn schedules(tally: &mut Tally) {
    let purposes = [
        Purpose::Factor,
        Purpose::Measurements,
        Purpose::Environments,
        Purpose::Signals,
        Purpose::Order,
    ];
    for purpose in black_box(purposes) {
        let mut draws = stream(black_box(u64::MAX), purpose, black_box(3));
        for bound in black_box([0, 1, 10, u32::MAX]) {
            tally.word(below(&mut draws, bound));
        }
    }
    let schedules = [
        Schedule::Uniform { environments: 3 },
        Schedule::Uniform { environments: 0 },
        Schedule::Weighted {
            weights: &[1, 0, 2],
        },
        Schedule::Weighted { weights: &[0, 0] },
        Schedule::Weighted {
            weights: &[u32::MAX, 5],
        },
        Schedule::Weighted { weights: &[] },
        Schedule::Cyclic { environments: 3 },
        Schedule::Cyclic { environments: 0 },
        Schedule::Blocks {
            environments: 3,
            length: 2,
        },
        Schedule::Blocks {
            environments: 3,
            length: 0,
        },
        Schedule::AsRecorded { labels: &[2, 0, 1] },
        Schedule::AsRecorded {
            labels: &[u32::MAX],
        },
        Schedule::AsRecorded { labels: &[] },
    ];
    for schedule in black_box(schedules) {
        one_schedule(black_box(schedule), tally);
    }
}

#[inline(never)]
fn one_schedule(schedule: Schedule<'_>, tally: &mut Tally) {
    let mut draws = stream(black_box(4), Purpose::Environments, 0);
    tally.word(schedule.environments());
    for known in black_box([0, 2, 3, usize::MAX]) {
        tally.outcome(&schedule.check(known));
    }
    for draw in black_box([0, 1, 2, 3, u64::MAX]) {
        tally.word(schedule.environment(draw, &mut draws));
    }
}
