//! The models and their factors.

use core::hint::black_box;

use heterosgd::sampling::{Gaussian, GaussianFeatures, Purpose, stream};
use heterosgd::stored::Portable;
use heterosgd::{Error, Features, Linear, Model, Packing, Psd, Scalar, Signed, Size, Symmetric};

use super::sampling::drawn;
use super::tally::{Entries, Tally};

#[inline(never)]
pub(super) fn models<T: Scalar>(tally: &mut Tally) {
    psd::<T, 4, 4>(tally);
    psd::<T, 5, 2>(tally);
    signed::<T, 4, 4>(tally);
    signed::<T, 5, 1>(tally);
    linear::<T, 9>(tally);
}

/// Where a factor may start and where not.
fn scales<T: Scalar>() -> [T; 3] {
    let infinity = T::ONE / T::ZERO;
    black_box([T::from_f64(0.2), T::MAX_FACTOR + T::MAX_FACTOR, infinity])
}

#[inline(never)]
fn psd<T: Scalar, const D: usize, const K: usize>(tally: &mut Tally)
where
    Size<D>: Packing,
{
    let mut draws = stream(black_box(7), Purpose::Signals, 0);
    let (gradient, _) = drawn::<T, Symmetric<T, D>, Gaussian>(&mut draws);
    for scale in scales() {
        let factor = *Psd::<T, D, K>::initial(scale, black_box(2)).factor();
        let model = Psd::<T, D, K>::from_factor(factor);
        moved(model, &gradient, tally);
    }
}

#[inline(never)]
fn signed<T: Scalar, const D: usize, const K: usize>(tally: &mut Tally)
where
    Size<D>: Packing,
{
    let mut draws = stream(black_box(8), Purpose::Signals, 0);
    let (gradient, _) = drawn::<T, Symmetric<T, D>, Gaussian>(&mut draws);
    for scale in scales() {
        let model = Signed::<T, D, K>::initial(scale, black_box(2));
        let (&positive, &negative) = model.factors();
        moved(Signed::from_factors(positive, negative), &gradient, tally);
    }
}

#[inline(never)]
fn linear<T: Scalar, const D: usize>(tally: &mut Tally) {
    let mut draws = stream(black_box(9), Purpose::Signals, 0);
    let (Features(gradient), _) = drawn::<T, Features<T, D>, GaussianFeatures>(&mut draws);
    for scale in scales() {
        let model = Linear::<T, D>::initial(scale, black_box(2));
        let (&positive, &negative) = model.factors();
        moved(Linear::from_factors(positive, negative), &gradient, tally);
    }
}

/// One step that is taken and one that is refused.
#[inline(never)]
fn moved<M>(model: Result<M, Error>, gradient: &M::Gradient, tally: &mut Tally)
where
    M: Model<Gradient: Entries<M::Scalar>> + PartialEq,
{
    tally.outcome(&model);
    let Ok(mut model) = model else {
        return;
    };
    let before = model.clone();
    for rate in black_box([0.1, 1e30]) {
        tally.word(model.step(gradient, M::Scalar::from_f64(rate)));
        let by_kernel =
            model
                .clone()
                .step_with(&Portable, gradient, M::Scalar::from_f64(rate), None);
        tally.word(by_kernel);
        let limit = Some(M::Scalar::from_f64(black_box(0.5)));
        let limited =
            model
                .clone()
                .step_with(&Portable, gradient, M::Scalar::from_f64(rate), limit);
        tally.word(limited);
        model.visit(|value| tally.scalar(value));
        tally.scalars(model.estimate().entries());
    }
    tally.word(model == before);
}
