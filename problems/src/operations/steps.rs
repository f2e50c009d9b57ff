//! Steps other than the plain one, and the algebra under them.

use core::hint::black_box;

use heterosgd::algebra::cholesky::{
    backward, bilinear, cholesky, eliminate, forward, packed_length, solve,
};
use heterosgd::algebra::gram::{add_outer, subtract_outer, whiten};
use heterosgd::algebra::{Packing, Size, packed, projection};
use heterosgd::error::Part;
use heterosgd::learner::{CentredGram, FullGain, OneEnvironment, Ridge, SequentialSums, Step};
use heterosgd::measurement::{check_entries, check_value};
use heterosgd::model::{GramPacking, Sum, Whitening};
use heterosgd::sampling::{Gaussian, GaussianFeatures, GaussianRankOne};
use heterosgd::stored::Row;
use heterosgd::{
    Centred, Error, Features, HeteroSgd, Learner, Linear, Measurement, Model, Psd, RankOne, Scalar,
    Sequential, Signed, Symmetric, Whitened,
};

use super::learning::{hetero, learner, settings};
use super::tally::{Entries, Tally};

/// Every public operation on whitened and sequential steps.
pub(super) fn steps<T: Scalar>(tally: &mut Tally) {
    algebra::<T>(tally);
    model::<T, Linear<T, 5>, Whitened, Features<T, 5>, GaussianFeatures>(tally);
    model::<T, Linear<T, 5>, Centred<Whitened>, Features<T, 5>, GaussianFeatures>(tally);
    model::<T, Linear<T, 5>, Sequential, Features<T, 5>, GaussianFeatures>(tally);
    model::<T, Psd<T, 4, 2>, Whitened, Symmetric<T, 4>, Gaussian>(tally);
    model::<T, Signed<T, 3, 1>, Centred<Whitened>, RankOne<T, 3>, GaussianRankOne>(tally);
    model::<T, Signed<T, 3, 1>, Sequential, RankOne<T, 3>, GaussianRankOne>(tally);
    settings_of::<T>(tally);
    tally.word(<Linear<T, 5> as Whitening>::GRAM as u64);
    tally.scalars(<Psd<T, 4, 2> as Whitening>::gram().as_ref());
    let gram: <Size<3> as GramPacking>::Gram<T> = <Size<3> as GramPacking>::gram();
    tally.scalars(gram.as_ref());
    let mut rows = [black_box([T::ONE; 2]); 2];
    tally.scalars(Row::flat_mut(&mut rows));
}

/// A learner with the step `S`, and its open batch.
#[inline(never)]
fn model<T, M, S, X, E>(tally: &mut Tally)
where
    T: Scalar,
    M: Model<Scalar = T, Gradient: Entries<T>>,
    S: Step<M>,
    X: Measurement<M>,
    E: heterosgd::sampling::Ensemble<X>,
{
    let Some(mut learner): Option<Learner<M, OneEnvironment, S>> = learner(tally) else {
        return;
    };
    hetero::<M, S, X, E>(&mut learner, tally);
    tally.word(learner.digest());
    tally.scalars(learner.estimate().entries());
    tally.word(S::KIND);
    tally.word(S::SCALARS as u64);
    tally.scalar(S::divisor(black_box(3)));
    S::visit(&S::start(), &S::empty(), |value| tally.scalar(value));
}

/// What is set of a step, and refused.
#[inline(never)]
fn settings_of<T: Scalar>(tally: &mut Tally) {
    if let Ok(mut learner) = HeteroSgd::<Linear<T, 2>, Whitened>::new(settings()) {
        for ridge in black_box([0.5, -1.0, 0.0]) {
            tally.outcome(&learner.set_ridge(T::from_f64(ridge)));
            tally.scalar(learner.ridge());
        }
        let zero = Features([T::ZERO; 2]);
        tally.outcome(&learner.batch(1).observe(&zero, T::ONE));
        // No direction: all measurements are 0.
        tally.outcome(&learner.resume().step());
    }
    if let Ok(mut learner) = HeteroSgd::<Linear<T, 2>, Sequential>::new(settings()) {
        learner.set_full_gain(black_box(7));
        tally.scalar(learner.full_gain());
    }
    let sums: CentredGram<Linear<T, 2>> = <Centred<Whitened> as Step<Linear<T, 2>>>::empty();
    let ahead: SequentialSums<Linear<T, 2>> = <Sequential as Step<Linear<T, 2>>>::empty();
    let gradient = black_box([T::ONE; 2]);
    let ridge: Ridge<T> = <Whitened as Step<Linear<T, 2>>>::start();
    let none: Result<Option<[T; 2]>, Error> =
        <Centred<Whitened> as Step<Linear<T, 2>>>::direction(&ridge, &sums, &gradient, 2);
    tally.outcome(&none);
    let gain: FullGain<T> = <Sequential as Step<Linear<T, 2>>>::start();
    let still = <Sequential as Step<Linear<T, 2>>>::direction(&gain, &ahead, &gradient, 2);
    tally.outcome(&still);
}

#[inline(never)]
fn algebra<T: Scalar>(tally: &mut Tally) {
    const N: usize = 4;
    const LENGTH: usize = packed_length(N);
    let number = |value: f64| T::from_f64(black_box(value));
    let mut gram = [T::ZERO; LENGTH];
    for k in 0..6u8 {
        let x: [T; N] =
            core::array::from_fn(|i| number(f64::from((k * 7 + i as u8 * 3) % 11) - 5.0));
        add_outer(&mut gram, &x);
    }
    subtract_outer(&mut gram, &[number(0.5); N], number(6.0));
    let right = [number(1.0), number(-2.0), number(0.25), number(3.0)];
    tally.scalar(bilinear(&gram, &right, &right));
    let mut part = gram;
    tally.word(
        eliminate(&mut part, N, black_box(2), |_, diagonal| {
            diagonal * T::EPSILON
        })
        .is_none(),
    );
    tally.scalars(&part);
    let mut factor = gram;
    tally.word(cholesky(&mut factor, N, |diagonal| diagonal * T::EPSILON).is_none());
    let mut x = right;
    solve(&factor, &mut x);
    tally.scalars(&x);
    forward(&factor, &mut x);
    backward(&factor, &mut x);
    tally.scalars(&x);
    let mut direction = right;
    let weights = <[T; N] as Sum<T>>::weights();
    tally.word(whiten(&mut gram, &mut direction, weights, number(0.01)).is_ok());
    tally.scalars(&direction);
    packed::double(&mut gram, N);
    packed::add_outer(&mut gram, &right, number(0.5));
    tally.scalar(packed::quadratic(&gram, &right, &mut [T::ZERO; N]));
    packed::add_product(&gram, &right, &mut direction);
    let weights = <[T; N] as Sum<T>>::weights();
    let gain = projection::gain(number(2.0), black_box(7), N as u32);
    let mut ahead = direction;
    tally.word(projection::project(
        &mut ahead,
        &right,
        &weights,
        number(0.5),
        gain,
    ));
    tally.scalars(&ahead);
    tally.outcome(&check_entries(&ahead, number(1.0)));
    tally.outcome(&check_value(gain, number(0.25), Part::Response));
    tally.word(<Size<N> as Packing>::ENTRIES as u64);
}
